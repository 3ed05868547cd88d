"""A palette with alpha for a whole animation, and frames in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8

# Pixels looked at a frame and in all; k-means of more takes seconds and changes nothing visible.
_PER_FRAME, _IN_ALL = 4000, 40000
_ROUNDS = 20
# Share of the palette that goes to soft pixels when there are any: they have one dimension more.
_SOFT = 0.3


class Palette:
    """Colours for the frames of one animation.

    Solid pixels get solid colours, clear ones stay clear, whatever is lost between.

    Attributes:
        colours: (N, 4) uint8 straight RGBA; the first is clear.
    """

    def __init__(self, frames: Iterable[Image8], most: int) -> None:
        pixels = _sample(frames)
        solid, soft = pixels[pixels[:, 3] == 255], pixels[(pixels[:, 3] > 0) & (pixels[:, 3] < 255)]
        for_soft = min(len(soft), round(_SOFT * (most - 1))) if len(soft) else 0
        self._solid = _clusters(solid, most - 1 - for_soft)
        self._soft = _clusters(soft, for_soft)
        self._solid[:, 3] = 255
        self.colours: Image8 = np.concatenate([np.zeros((1, 4), np.uint8), self._solid, self._soft])

    def indices(self, frame: Image8) -> Image8:
        """(H, W) places in `colours` of the pixels of an RGBA frame."""
        packed = np.ascontiguousarray(frame).view(np.uint32)[..., 0]
        unique, inverse = np.unique(packed, return_inverse=True)
        pixels = unique.view(np.uint8).reshape(-1, 4)
        found = np.zeros(len(pixels), np.uint8)
        solid, soft = pixels[:, 3] == 255, (pixels[:, 3] > 0) & (pixels[:, 3] < 255)
        found[solid] = 1 + _nearest(pixels[solid], self._solid if len(self._solid) else self.colours[1:])
        # Soft pixels may be shown solid when that is nearest; when there are no soft colours they must.
        found[soft] = 1 + _nearest(pixels[soft], self.colours[1:])
        return found[inverse].reshape(packed.shape)


def _sample(frames: Iterable[Image8]) -> Image8:
    rng = np.random.default_rng(0)
    parts = []
    for frame in frames:
        flat = frame.reshape(-1, 4)
        seen = flat[flat[:, 3] > 0]
        parts.append(seen if len(seen) <= _PER_FRAME else seen[rng.integers(0, len(seen), _PER_FRAME)])
    pixels = np.concatenate(parts) if parts else np.zeros((0, 4), np.uint8)
    return pixels if len(pixels) <= _IN_ALL else pixels[rng.integers(0, len(pixels), _IN_ALL)]


def _clusters(pixels: Image8, most: int) -> Image8:
    """At most `most` colours that stand for `pixels`."""
    unique = np.unique(pixels, axis=0)
    if len(unique) <= most:
        return unique
    if most < 1:
        return np.zeros((0, 4), np.uint8)
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, _ROUNDS, 0.5)
    labels: Any = None
    _, _, centres = cv2.kmeans(_space(pixels), most, labels, stop, 1, cv2.KMEANS_PP_CENTERS)
    alpha = np.clip(centres[:, 3:], 1, 255)
    straight = np.concatenate([centres[:, :3] * 255 / alpha, alpha], axis=1)
    return np.asarray(np.clip(np.rint(straight), 0, 255), np.uint8)


def _space(pixels: Image8) -> NDArray[np.float32]:
    """Premultiplied: there distances are what is seen."""
    floats = pixels.astype(np.float32)
    floats[:, :3] *= floats[:, 3:] / 255
    return floats


def _nearest(pixels: Image8, colours: Image8) -> NDArray[np.uint8]:
    here, there = _space(pixels), _space(colours)
    found = np.zeros(len(pixels), np.uint8)
    size = there @ there.T
    for start in range(0, len(pixels), 8192):
        part = here[start : start + 8192]
        found[start : start + 8192] = np.argmin(np.diagonal(size) - 2 * part @ there.T, axis=1)
    return found
