"""What stands behind the actors: busy scenery, studio screens and plain paper."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.synth.canvas import Affine, shift, stretch
from tools.synth.noise import octaves

Picture = NDArray[np.float32]

MARGIN = 0.18  # of the frame on every side: half the pan, the roll, the jitter and some to spare


@dataclass(frozen=True)
class Backdrop:
    """A picture wider than the frame with the matrix from world units to its pixels."""

    picture: Picture
    from_world: Affine

    def seen(self, to_frame: Affine, size: tuple[int, int]) -> Picture:
        """(H, W, 3) float32 in 0..255 as a camera with this world-to-frame matrix sees it."""
        affine = to_frame @ np.linalg.inv(self.from_world)
        placed = cv2.warpAffine(self.picture, affine[:2], size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        return np.clip(placed, 0, 255).astype(np.float32)


def around(picture: Picture, size: tuple[int, int]) -> Backdrop:
    """Places a picture made by one of the painters below: it reaches MARGIN beyond the frame."""
    scale = size[1] / 360
    return Backdrop(picture, shift(MARGIN * size[0], MARGIN * size[1]) @ stretch(scale))


def extent(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the picture a backdrop needs for frames of this size."""
    return round(size[0] * (1 + 2 * MARGIN)), round(size[1] * (1 + 2 * MARGIN))


def scenery(generator: np.random.Generator, size: tuple[int, int], shapes: int = 60) -> Backdrop:
    """Six octaves of coloured noise and, over it, shapes of every kind, as the benchmark asks."""
    width, height = extent(size)
    palette = _palette(generator)
    light = octaves(generator, (width, height))
    tint = octaves(generator, (width, height), 3)
    mix = np.clip(0.5 + 0.35 * tint, 0, 1)[..., None]
    ground = palette[0] * mix + palette[1] * (1 - mix)
    picture = np.clip(ground * (1 + 0.28 * light[..., None]), 0, 255).astype(np.float32)
    grain = octaves(generator, (width, height), 4, 24.0, 0.8)
    for _ in range(shapes):
        _shape(generator, picture, palette[int(generator.integers(len(palette)))], grain)
    return around(np.clip(picture, 0, 255), size)


def screen(generator: np.random.Generator, size: tuple[int, int], colour: tuple[float, float, float]) -> Backdrop:
    """Cloth lit unevenly, with wrinkles."""
    extended = extent(size)
    light = 1 + 0.09 * octaves(generator, extended, 2, 1.0)
    # Light on a fold follows its slope, and hanging cloth folds mostly downwards.
    slope = np.gradient(octaves(generator, extended, 2, 2.0, 0.4, 0.25), axis=1)
    wrinkles = 0.045 * np.tanh(slope / max(float(slope.std()), 1e-6))
    weave = 0.008 * octaves(generator, extended, 2, 60.0)
    shade = (light + wrinkles + weave)[..., None]
    # Bright folds lose a little saturation, as real cloth does.
    pale = np.clip(shade - 1, 0, 1) * 60
    return around(np.clip(np.asarray(colour, np.float32) * shade + pale, 0, 255).astype(np.float32), size)


def paper(size: tuple[int, int], colour: tuple[float, float, float]) -> Backdrop:
    """One exact colour everywhere."""
    width, height = extent(size)
    return around(np.full((height, width, 3), colour, np.float32), size)


def _palette(generator: np.random.Generator) -> NDArray[np.float32]:
    hue = generator.uniform(0, 180) + generator.normal(0, 28, 9)
    hsv = np.stack([hue % 180, generator.uniform(20, 120, 9), generator.uniform(70, 225, 9)], -1)
    rgb = cv2.cvtColor(np.rint(hsv).astype(np.uint8)[None], cv2.COLOR_HSV2RGB)
    palette: NDArray[np.float32] = rgb[0].astype(np.float32)
    return palette


def _shape(generator: np.random.Generator, picture: Picture, colour: NDArray[np.float32], grain: Picture) -> None:
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    centre = generator.uniform((0, 0), (width, height))
    reach = height * generator.uniform(0.02, 0.11)
    sides = int(generator.choice([2, 3, 4, 4, 5, 24]))
    angles = np.sort(generator.uniform(0, 2 * np.pi, sides)) if sides < 24 else np.linspace(0, 2 * np.pi, 25)
    if sides == 4:
        angles = generator.uniform(0, np.pi) + np.pi * np.array([0.2, 0.8, 1.2, 1.8])
    reach_y = reach * generator.uniform(0.5, 1.6)
    points = centre + np.stack([np.cos(angles) * reach, np.sin(angles) * reach_y], -1)
    if sides == 2:
        ends = np.rint((centre + (points - centre) * 2.5) * 16).astype(np.int32)
        cv2.polylines(mask, [ends], False, 255, max(1, round(height / 120)), cv2.LINE_AA, shift=4)
    else:
        cv2.fillPoly(mask, [np.rint(points * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    left, top, w, h = cv2.boundingRect(mask)
    if w == 0 or h == 0:
        return
    where = np.s_[top : top + h, left : left + w]
    fade = np.linspace(1.12, 0.85, h, dtype=np.float32)[:, None, None]
    weight = (mask[where].astype(np.float32) / 255 * float(generator.uniform(0.75, 1.0)))[..., None]
    tone = colour * generator.uniform(0.75, 1.15) * fade * (1 + 0.10 * grain[where][..., None])
    picture[where] = picture[where] * (1 - weight) + tone * weight
