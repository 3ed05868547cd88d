"""Puts a subject on its canvas: one crop for the whole clip, so that nothing wobbles, clear margins, an outline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from vmatte.core.types import Image8
from vmatte.io.writers.animated.writer import resized

# A pixel belongs to the subject from this alpha on, a patch from this share of the frame: specks do not widen the crop.
_SEEN, _SPECK = 25, 0.0005
# Softer pixels reach this far beyond.
_SOFT = 2
# Noise of a matte: codes of alpha near its ends, and shares of the frame that stand alone. Seen as dots on white and
# dear in lossless formats; chosen on drawn characters with the noise of a camera.
_HAZE, _CRUMB = 12, 0.00005
# Neighbourhood of the filter against noise, and the distance at which a neighbour counts 0.6 of its weight, in pixels.
_AROUND, _NEAR = 7, 3.0
# An outline is drawn at this multiple of the size, so that it is smooth.
_FINER = 3

Box = tuple[int, int, int, int]
"""Left, top, right, bottom; the last two are not included."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the subject goes.

    Attributes:
        box: What of the source is shown.
        width: Of the canvas.
        height: Of the canvas.
        margin: Clear pixels at least, all around, outside the outline.
        outline: Width of the outline in pixels; 0 for none.
        colour: Of the outline.
    """

    box: Box
    width: int
    height: int
    margin: int = 0
    outline: float = 0.0
    colour: tuple[int, int, int] = (255, 255, 255)

    @property
    def scale(self) -> float:
        """Canvas pixels per source pixel."""
        room = 2 * (self.margin + int(np.ceil(self.outline)))
        left, top, right, bottom = self.box
        return max(1 / max(right - left, bottom - top), self._least(room, right - left, bottom - top))

    def _least(self, room: int, width: int, height: int) -> float:
        return min((self.width - room) / width, (self.height - room) / height)


def subject_box(rgba: Image8) -> Box | None:
    """What of a frame the subject takes; None when there is none.

    >>> frame = np.zeros((50, 80, 4), np.uint8)
    >>> frame[10:20, 30:60, 3] = 255
    >>> frame[45, 5, 3] = 255
    >>> subject_box(frame)
    (28, 8, 62, 22)
    """
    height, width = rgba.shape[:2]
    seen = (rgba[..., 3] >= _SEEN).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(seen)
    patches = stats[1:count]
    large = patches[patches[:, cv2.CC_STAT_AREA] >= max(2, _SPECK * height * width)]
    patches = large if len(large) else patches
    if not len(patches):
        return None
    left, top = patches[:, cv2.CC_STAT_LEFT], patches[:, cv2.CC_STAT_TOP]
    right, bottom = left + patches[:, cv2.CC_STAT_WIDTH], top + patches[:, cv2.CC_STAT_HEIGHT]
    return (
        max(0, int(left.min()) - _SOFT),
        max(0, int(top.min()) - _SOFT),
        min(width, int(right.max()) + _SOFT),
        min(height, int(bottom.max()) + _SOFT),
    )


def settled(rgba: Image8) -> Image8:
    """A matted frame without what a keyer leaves of noise: haze, and crumbs away from the subject.

    >>> frame = np.zeros((50, 80, 4), np.uint8)
    >>> frame[10:20, 30:60] = 250
    >>> frame[45, 5] = frame[30, 60:70] = (9, 9, 9, 6)
    >>> [int(settled(frame)[place][3]) for place in ((15, 40), (45, 5), (30, 65))]
    [255, 0, 0]
    """
    result = rgba.copy()
    alpha = result[..., 3]
    alpha[alpha < _HAZE] = 0
    alpha[alpha > 255 - _HAZE] = 255
    _, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > 0).astype(np.uint8))
    crumbs = stats[:, cv2.CC_STAT_AREA] < max(_CRUMB * alpha.size, 4)
    crumbs[0] = False
    alpha[crumbs[labels]] = 0
    result[alpha == 0] = 0
    return result


def union(boxes: Iterable[Box | None]) -> Box | None:
    """The box that holds them all; None if there is none.

    >>> union([(1, 2, 3, 4), None, (0, 3, 2, 9)])
    (0, 2, 3, 9)
    """
    found = [box for box in boxes if box is not None]
    if not found:
        return None
    lefts, tops, rights, bottoms = zip(*found, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def drawn(rgba: Image8, layout: Layout, smooth: int = 0) -> Image8:
    """A frame on its canvas, (height, width, 4), its noise evened out while it still is one pixel large.

    Args:
        rgba: (H, W, 4).
        layout: Where it goes.
        smooth: As the tolerance of `smoothed`.
    """
    left, top, right, bottom = layout.box
    target = (max(1, round((right - left) * layout.scale)), max(1, round((bottom - top) * layout.scale)))
    shown = smoothed(np.ascontiguousarray(rgba[top:bottom, left:right]), smooth)
    canvas = placed(resized(shown, target), layout.width, layout.height)
    return outlined(canvas, layout.outline, layout.colour) if layout.outline else canvas


def placed(rgba: Image8, width: int, height: int) -> Image8:
    """A picture in the middle of a clear canvas."""
    canvas = np.zeros((height, width, 4), np.uint8)
    top, left = (height - rgba.shape[0]) // 2, (width - rgba.shape[1]) // 2
    canvas[top : top + rgba.shape[0], left : left + rgba.shape[1]] = rgba
    canvas[canvas[..., 3] == 0] = 0
    return canvas


def outlined(rgba: Image8, width: float, colour: tuple[int, int, int]) -> Image8:
    """A stroke of one colour and width around the subject, under its soft edge.

    >>> dot = np.zeros((21, 21, 4), np.uint8)
    >>> dot[8:13, 8:13] = 255
    >>> outlined(dot, 3, (9, 9, 9))[10, 6:8].tolist()
    [[9, 9, 9, 255], [9, 9, 9, 255]]
    """
    height, wide = rgba.shape[:2]
    fine = cv2.resize(rgba[..., 3], (wide * _FINER, height * _FINER), interpolation=cv2.INTER_LINEAR)
    outside = (fine < 128).astype(np.uint8)
    away = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / _FINER
    fine_stroke = np.clip((width - away) * _FINER + 0.5, 0, 1).astype(np.float32)
    stroke = np.asarray(cv2.resize(fine_stroke, (wide, height), interpolation=cv2.INTER_AREA), np.float32)
    above = rgba[..., 3].astype(np.float32) / 255
    below = stroke * (1 - above)
    alpha = above + below
    mixed = rgba[..., :3] * above[..., None] + np.array(colour, np.float32) * below[..., None]
    result = np.zeros_like(rgba)
    result[..., :3] = np.rint(np.clip(mixed / np.maximum(alpha, 1e-3)[..., None], 0, 255))
    result[..., 3] = np.rint(255 * alpha)
    result[result[..., 3] == 0] = 0
    return result


def smoothed(rgba: Image8, tolerance: int) -> Image8:
    """A frame whose neighbouring colours are evened out where they differ by about `tolerance` codes or less.

    A bilateral filter: C. Tomasi, R. Manduchi, "Bilateral Filtering for Gray and Color Images", ICCV 1998.

    >>> frame = np.full((9, 9, 4), 255, np.uint8)
    >>> frame[4, 4, 0], frame[:, 7:, 1] = 249, 0
    >>> bool(smoothed(frame, 12)[4, 4, 0] > 252), smoothed(frame, 12)[4, 6:8, 1].tolist()
    (True, [255, 0])
    """
    if not tolerance:
        return rgba
    result = rgba.copy()
    result[..., :3] = cv2.bilateralFilter(np.ascontiguousarray(rgba[..., :3]), _AROUND, tolerance, _NEAR)
    result[rgba[..., 3] == 0] = 0
    return result


def held(frames: list[Image8], tolerance: int) -> list[Image8]:
    """Frames in which pixels keep their value until they change by more than `tolerance` codes: noise stands still.

    >>> flat = [np.full((1, 1, 4), value, np.uint8) for value in (100, 102, 104, 107)]
    >>> [int(frame[0, 0, 0]) for frame in held(flat, 3)]
    [100, 100, 104, 104]
    """
    if not tolerance:
        return frames
    found = frames[:1]
    for frame in frames[1:]:
        changed = np.abs(frame.astype(np.int16) - found[-1]).max(axis=2, keepdims=True) > tolerance
        found.append(np.where(changed, frame, found[-1]))
    return found
