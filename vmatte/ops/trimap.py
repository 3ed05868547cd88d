"""From a matte to a trimap: which pixels a refiner may change."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha, Image8

#: Values of a trimap.
BACKGROUND, UNKNOWN, FOREGROUND = 0, 128, 255

_SNAPPED = np.repeat(np.array([BACKGROUND, UNKNOWN, FOREGROUND], np.uint8), (85, 85, 86))


def trimap(alpha: Alpha, radius: int, low: float = 0.05, high: float = 0.95) -> Image8:
    """A band by value, widened a little: a ring of fixed width around a mask misses half of what is fractional.

    Args:
        alpha: (H, W) in [0, 1].
        radius: px that the band grows by; about the matte's edge error, see `band_radius`. 0 leaves it.
        low: At and below this a pixel is background.
        high: At and above this it is foreground.

    Returns:
        (H, W) uint8 of 0 (background), 128 (unknown) and 255 (foreground).

    >>> trimap(np.array([[0, 0, 0.3, 1, 1]], np.float32), 1).tolist()
    [[0, 128, 128, 128, 255]]
    """
    unknown = ((alpha > low) & (alpha < high)).astype(np.uint8)
    if radius > 0:
        side = 2 * radius + 1
        unknown = np.asarray(cv2.dilate(unknown, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)
    known: NDArray[np.uint8] = np.where(alpha >= 0.5, np.uint8(FOREGROUND), np.uint8(BACKGROUND))
    return np.where(unknown > 0, np.uint8(UNKNOWN), known)


def snapped(values: Image8) -> Image8:
    """A trimap as drawn, scaled or compressed, on its three exact values.

    The bounds are those that MatteFormer's published code uses, at a third and two thirds.

    >>> snapped(np.array([[0, 84, 85, 127, 169, 170, 255]], np.uint8)).tolist()
    [[0, 0, 128, 128, 128, 255, 255]]
    """
    return _SNAPPED[values]


def kept(found: Alpha, trimap: Image8) -> Alpha:
    """What was found where a trimap is unknown; 0 and 1 where it is known.

    >>> kept(np.full((1, 3), 0.5, np.float32), np.array([[0, 128, 255]], np.uint8)).tolist()
    [[0.0, 0.5, 1.0]]
    """
    known = (trimap == FOREGROUND).astype(np.float32)
    return np.where(trimap == UNKNOWN, found, known).astype(np.float32)


def reduced(trimap: Image8, size: tuple[int, int]) -> Image8:
    """A trimap at a smaller (height, width): unknown where any pixel that it covers is, or where they differ.

    >>> reduced(np.array([[0, 0, 0, 128, 255, 255, 0, 255]], np.uint8), (1, 4)).tolist()
    [[0, 128, 255, 128]]
    """
    mean = np.asarray(cv2.resize(trimap.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA), np.float32)
    edges = np.where(mean < 0.5, np.uint8(BACKGROUND), np.uint8(UNKNOWN))
    return np.where(mean > FOREGROUND - 0.5, np.uint8(FOREGROUND), edges)


def band_radius(height: int) -> int:
    """2 px for 360 rows, measured best for soft mattes of half-resolution networks.

    >>> band_radius(360), band_radius(1080)
    (2, 6)
    """
    return max(1, round(height / 180))
