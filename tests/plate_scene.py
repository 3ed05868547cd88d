"""A drawn fixed-camera clip with known alpha and plate: a figure with swinging limbs and a cast shadow."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Scene:
    """`frames` and `plate` are uint8 RGB, `alphas` float32."""

    frames: list[np.ndarray]
    alphas: list[np.ndarray]
    plate: np.ndarray


def backdrop(height: int, width: int, seed: int = 0, flat: bool = False) -> np.ndarray:
    """Textured wall, float32 in [0, 1]."""
    rng = np.random.default_rng(seed)
    if flat:
        return np.full((height, width, 3), 0.6, np.float32)
    wall = np.zeros((height, width, 3), np.float32)
    for octave in range(6):
        coarse = rng.random((3 * 2**octave, 4 * 2**octave, 3), np.float32)
        wall += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * np.float32(0.5**octave)
    wall = (wall - wall.min()) / (wall.max() - wall.min())
    for _ in range(40):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(rng.integers(3, width // 12 + 4)), int(rng.integers(3, height // 8 + 4)))
        colour = tuple(float(value) for value in rng.random(3) * 0.7 + 0.15)
        cv2.ellipse(wall, centre, axes, float(rng.integers(180)), 0, 360, colour, -1, cv2.LINE_AA)
    return np.asarray(np.clip(wall * 0.8 + 0.1, 0, 1), np.float32)


def figure(height: int, width: int, x: float, phase: float) -> np.ndarray:
    """Coverage of the figure standing at `x`, float32 in [0, 1]."""
    s, up = height / 360, 4
    canvas = np.zeros((height * up, width * up), np.uint8)

    def at(dx: float, y: float) -> tuple[int, int]:
        return int((x + dx * s) * up), int(y * s * up)

    def limb(a: tuple[float, float], b: tuple[float, float], thick: float) -> None:
        cv2.line(canvas, at(*a), at(*b), 255, max(1, int(thick * s * up)), cv2.LINE_AA)

    swing = 28 * np.sin(phase)
    cv2.ellipse(canvas, at(0, 90), (int(24 * s * up), int(30 * s * up)), 0, 0, 360, 255, -1)
    cv2.ellipse(canvas, at(0, 180), (int(36 * s * up), int(65 * s * up)), 0, 0, 360, 255, -1)
    limb((-10, 235), (-10 - swing, 330), 22)
    limb((10, 235), (10 + swing, 330), 22)
    limb((-32, 140), (-55 + swing / 2, 215), 15)
    limb((32, 140), (55 - swing / 2, 215), 15)
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def scene(
    height: int = 180,
    width: int = 320,
    count: int = 6,
    seed: int = 0,
    *,
    shadow: float = 0.65,
    plate_gain: float = 1.05,
    drift: float = 0.04,
    absent: int = 0,
    flat: bool = False,
    noise: float = 2.0,
) -> Scene:
    """Draws a clip; for the first `absent` frames there is nobody."""
    rng = np.random.default_rng(seed + 1)
    wall = backdrop(height, width, seed, flat)
    cloth = cv2.resize(rng.random((12, 20, 3), np.float32), (width, height)) * 0.35
    cloth[..., seed % 3] += 0.5
    frames, alphas = [], []
    for i in range(count):
        t = i / max(1, count - 1)
        x = width * (0.25 + 0.5 * t)
        here = i >= absent
        alpha = figure(height, width, x, i * 0.7) * np.float32(here)
        shade: np.ndarray = np.zeros((height, width), np.float32)
        s = height / 360
        if here:
            cv2.ellipse(shade, (int(x + 70 * s), int(310 * s)), (int(95 * s), int(24 * s)), 0, 0, 360, 1.0, -1)
            shade = np.asarray(cv2.GaussianBlur(shade, (0, 0), 5 * s), np.float32)
        lit = wall * (1 - (1 - shadow) * shade)[..., None]
        picture = (lit * (1 - alpha[..., None]) + cloth * alpha[..., None]) * (1 + drift * t)
        picture = picture * 255 + rng.normal(0, noise, picture.shape)
        frames.append(np.clip(np.rint(picture), 0, 255).astype(np.uint8))
        alphas.append(alpha)
    plate = wall * plate_gain * 255 + rng.normal(0, noise, wall.shape)
    return Scene(frames, alphas, np.clip(np.rint(plate), 0, 255).astype(np.uint8))
