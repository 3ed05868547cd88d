"""The simple methods that every bar is stated against: what one would write in ten lines, and no worse than that.

Each takes a clip and gives an (H, W) float32 alpha in [0, 1] per frame, seeing only what a user has: the frames and,
where its situation provides one, the first frame's mask or the plate.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.synth.film import Image8, Plane, Synthetic

# 30 of 255 is about four times the sum of noise, light drift and the plate's 5 % at mid grey.
DIFFERENCE = 30.0


def warped_mask(clip: Synthetic) -> list[Plane]:
    """Mode A: the first mask carried along by dense optical flow, frame to frame."""
    flow = _Flow(clip.frames[0])
    alphas = [_first(clip)]
    for frame in clip.frames[1:]:
        alphas.append(flow.warp(alphas[-1], frame))
    return alphas


def grabcut(clip: Synthetic) -> list[Plane]:
    """Mode A: grabCut on every frame, seeded by the flow-warped mask, edges softened by a guided filter."""
    flow = _Flow(clip.frames[0])
    scale = clip.frames[0].shape[0] / 360
    alphas = [_first(clip)]
    warped = alphas[0]
    for frame in clip.frames[1:]:
        warped = flow.warp(warped, frame)
        alphas.append(_guided(frame, _cut(frame, warped, scale), max(1, round(2 * scale)), 1e-3))
    return alphas


def hard_difference(clip: Synthetic) -> list[Plane]:
    """Mode B: 1 where any channel differs from the plate by more than 30."""
    return [(_differs(frame, _plate(clip)) > DIFFERENCE).astype(np.float32) for frame in clip.frames]


def soft_difference(clip: Synthetic) -> list[Plane]:
    """Mode B: a ramp over half to one and a half times that difference."""
    return [_ramp(_differs(frame, _plate(clip)), DIFFERENCE / 2, DIFFERENCE * 1.5) for frame in clip.frames]


def primed_mog2(clip: Synthetic) -> list[Plane]:
    """Mode B: OpenCV's mixture of Gaussians with shadow detection, shown the plate first and then learning no more."""
    model = cv2.createBackgroundSubtractorMOG2(history=60, detectShadows=True)
    for _ in range(60):
        model.apply(_plate(clip))
    return [_foreground(model.apply(frame, learningRate=0)) for frame in clip.frames]


def hue_threshold(clip: Synthetic) -> list[Plane]:
    """Mode C: 0 where hue is within 15 of 180 of the screen's and saturation above a quarter of it."""
    screen = cv2.cvtColor(_border_colour(clip.frames[0])[None, None], cv2.COLOR_RGB2HSV)[0, 0].astype(int)
    alphas = []
    for frame in clip.frames:
        hsv = cv2.cvtColor(frame, cv2.COLOR_RGB2HSV).astype(np.int16)
        turn = np.abs(hsv[..., 0] - screen[0])
        keyed = (np.minimum(turn, 180 - turn) < 15) & (hsv[..., 1] > screen[1] / 4)
        alphas.append((~keyed).astype(np.float32))
    return alphas


def chroma_ramp(clip: Synthetic) -> list[Plane]:
    """Mode C: distance from the screen's colour in CbCr, ramped from a fifth of its saturation to three fifths.

    An uneven screen varies by a tenth and more, so a ramp that starts lower leaves it in.
    """
    screen = cv2.cvtColor(_border_colour(clip.frames[0])[None, None], cv2.COLOR_RGB2YCrCb)[0, 0, 1:].astype(np.float32)
    reach = float(np.hypot(*(screen - 128)))
    alphas = []
    for frame in clip.frames:
        chroma = cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb)[..., 1:].astype(np.float32)
        alphas.append(_ramp(np.linalg.norm(chroma - screen, axis=-1).astype(np.float32), 0.2 * reach, 0.6 * reach))
    return alphas


def median_difference(clip: Synthetic) -> list[Plane]:
    """Mode D: 1 where any channel differs from its median over time by more than 30."""
    median = np.median(np.stack(clip.frames), axis=0).astype(np.uint8)
    return [(_differs(frame, median) > DIFFERENCE).astype(np.float32) for frame in clip.frames]


def learning_mog2(clip: Synthetic) -> list[Plane]:
    """Mode D: OpenCV's mixture of Gaussians, learning as it goes."""
    model = cv2.createBackgroundSubtractorMOG2(detectShadows=True)
    return [_foreground(model.apply(frame)) for frame in clip.frames]


def frame_as_foreground(clip: Synthetic) -> list[Image8]:
    """The foreground colour nobody estimated: the frame itself."""
    return clip.frames


class _Flow:
    """Dense inverse search flow from each frame back to the one before."""

    def __init__(self, first: Image8) -> None:
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._grey = cv2.cvtColor(first, cv2.COLOR_RGB2GRAY)
        rows, columns = self._grey.shape
        self._x, self._y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))

    def warp(self, previous: Plane, frame: Image8) -> Plane:
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        flow = self._search.calc(grey, self._grey, np.zeros((*grey.shape, 2), np.float32))
        self._grey = grey
        warped = cv2.remap(previous, self._x + flow[..., 0], self._y + flow[..., 1], cv2.INTER_LINEAR)
        return np.asarray(warped, np.float32)


def _cut(frame: Image8, prior: Plane, scale: float) -> Plane:
    """One frame's grabCut: sure 6 px inside and 10 px outside the prior's edge, as a careful hand would seed it."""
    solid = (prior > 0.5).astype(np.uint8)
    inner = cv2.erode(solid, _disc(6 * scale))
    outer = cv2.dilate(solid, _disc(10 * scale))
    labels = np.where(solid > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[inner > 0], labels[outer == 0] = cv2.GC_FGD, cv2.GC_BGD
    if not ((labels & 1).any() and (~labels & 1).any()):
        return prior
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(frame, labels, None, *models, 1, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    return (labels & 1).astype(np.float32)


def _guided(frame: Image8, alpha: Plane, radius: int, epsilon: float) -> Plane:
    """He, Sun and Tang's guided filter (ECCV 2010) with the grey frame as guide."""
    guide = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) / 255, np.float32)
    window = (2 * radius + 1, 2 * radius + 1)

    def mean(x: NDArray[np.floating[Any]]) -> Plane:
        return np.asarray(cv2.blur(x, window), np.float32)

    guide_mean, alpha_mean = mean(guide), mean(alpha)
    slope = (mean(guide * alpha) - guide_mean * alpha_mean) / (
        mean(guide * guide) - guide_mean**2 + np.float32(epsilon)
    )
    offset = alpha_mean - slope * guide_mean
    return np.asarray(np.clip(mean(slope) * guide + mean(offset), 0, 1), np.float32)


def _first(clip: Synthetic) -> Plane:
    return np.asarray(clip.mask / 255, np.float32)


def _plate(clip: Synthetic) -> Image8:
    if clip.plate is None:
        raise ValueError(f"{clip.name} has no plate: use a fixed camera")
    return clip.plate


def _differs(frame: Image8, plate: Image8) -> Plane:
    return np.asarray(cv2.absdiff(frame, plate).max(axis=-1), np.float32)


def _ramp(values: Plane, low: float, high: float) -> Plane:
    return np.asarray(np.clip((values - low) / (high - low), 0, 1), np.float32)


def _foreground(labels: NDArray[np.generic]) -> Plane:
    """OpenCV marks foreground 255 and shadow 127."""
    return np.asarray(np.asarray(labels) == 255, np.float32)


def _border_colour(frame: Image8) -> Image8:
    edge = np.concatenate([frame[:8].reshape(-1, 3), frame[:, :8].reshape(-1, 3), frame[:, -8:].reshape(-1, 3)])
    return np.asarray(np.rint(np.median(edge, axis=0)), np.uint8)


def _disc(radius: float) -> NDArray[np.uint8]:
    size = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
