"""A supersampled premultiplied canvas to paint an actor on, and the affine maps that place its parts.

Actors use world units: one unit is one pixel of a frame of 360 rows, y downwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Affine = NDArray[np.float64]
Sprite = NDArray[np.uint8]


def shift(x: float, y: float) -> Affine:
    """Translation as a 3x3 matrix."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def stretch(x: float, y: float | None = None) -> Affine:
    """Scaling as a 3x3 matrix."""
    return np.diag([x, x if y is None else y, 1.0]).astype(np.float64)


def turn(radians: float) -> Affine:
    """Rotation as a 3x3 matrix, clockwise on screen for positive angles."""
    c, s = np.cos(radians), np.sin(radians)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], np.float64)


def apply(affine: Affine, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Maps (..., 2) points."""
    mapped: NDArray[np.float64] = points @ affine[:2, :2].T + affine[:2, 2]
    return mapped


class Canvas:
    """Premultiplied RGBA at several samples per pixel; anti-aliased edges come from averaging the samples.

    Painting opaque anti-aliased lines on four premultiplied channels is exactly the `over` operator, so alpha
    and colour stay consistent whatever is painted.
    """

    def __init__(self, size: tuple[int, int], samples: int) -> None:
        self.size = size
        self.samples = samples
        self.pixels = np.zeros((size[1] * samples, size[0] * samples, 4), np.uint8)
        self._box = [size[0] * samples, size[1] * samples, 0, 0]  # grows as things are painted

    def sprite(self, sprite: Sprite, to_canvas: Affine, opacity: float = 1.0) -> None:
        """Paints a premultiplied RGBA sprite whose pixel coordinates `to_canvas` maps to canvas pixels."""
        height, width = sprite.shape[:2]
        corners = apply(to_canvas, np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64))
        box = self._grow(corners, margin=2)
        if box is None:
            return
        left, top, right, bottom = box
        placed = cv2.warpAffine(sprite, (shift(-left, -top) @ to_canvas)[:2], (right - left, bottom - top)).astype(
            np.float32
        )
        if opacity < 1.0:
            placed *= opacity
        under = self.pixels[top:bottom, left:right]
        under[:] = np.rint(placed + under * (1.0 - placed[..., 3:] / 255.0))

    def strands(self, lines: Sequence[NDArray[np.float64]], colour: Sequence[float], thickness: int = 1) -> None:
        """Paints open polylines given in canvas pixels, all of one opaque colour."""
        self._grow(np.concatenate(list(lines)), margin=2 + thickness)
        fixed = [np.rint(line * 16).astype(np.int32) for line in lines]
        cv2.polylines(self.pixels, fixed, False, (*map(float, colour), 255.0), thickness, cv2.LINE_AA, shift=4)

    def polygon(self, points: NDArray[np.float64], colour: Sequence[float]) -> None:
        """Fills a polygon given in canvas pixels with an opaque colour."""
        self._grow(points, margin=2)
        cv2.fillPoly(
            self.pixels, [np.rint(points * 16).astype(np.int32)], (*map(float, colour), 255.0), cv2.LINE_AA, shift=4
        )

    def average(self, total: NDArray[np.float32], weight: float) -> None:
        """Adds `weight` of this canvas, averaged down to (H, W, 4) in 0..255, to `total`."""
        left, top, right, bottom = self._pixel_box()
        if right <= left or bottom <= top:
            return
        n = self.samples
        part = self.pixels[top * n : bottom * n, left * n : right * n].astype(np.float32)
        total[top:bottom, left:right] += weight * cv2.resize(
            part, (right - left, bottom - top), interpolation=cv2.INTER_AREA
        )

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what has been painted, in canvas pixels; empty if right <= left."""
        left, top, right, bottom = self._box
        return left, top, right, bottom

    def include(self, box: tuple[int, int, int, int]) -> None:
        """Counts a box as painted."""
        old = self._box
        self._box = [min(old[0], box[0]), min(old[1], box[1]), max(old[2], box[2]), max(old[3], box[3])]

    def _grow(self, points: NDArray[np.float64], margin: int) -> tuple[int, int, int, int] | None:
        low = np.floor(points.min(0)).astype(int) - margin
        high = np.ceil(points.max(0)).astype(int) + margin
        left, top = max(int(low[0]), 0), max(int(low[1]), 0)
        right, bottom = min(int(high[0]), self.pixels.shape[1]), min(int(high[1]), self.pixels.shape[0])
        if right <= left or bottom <= top:
            return None
        self.include((left, top, right, bottom))
        return left, top, right, bottom

    def _pixel_box(self) -> tuple[int, int, int, int]:
        n = self.samples
        left, top, right, bottom = self._box
        return left // n, top // n, min(-(-right // n), self.size[0]), min(-(-bottom // n), self.size[1])
