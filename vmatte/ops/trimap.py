"""From a matte to a trimap: which pixels a refiner may change."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha, Image8

#: Values of a trimap.
BACKGROUND, UNKNOWN, FOREGROUND = 0, 128, 255


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


def band_radius(height: int) -> int:
    """2 px for 360 rows, measured best for soft mattes of half-resolution networks.

    >>> band_radius(360), band_radius(1080)
    (2, 6)
    """
    return max(1, round(height / 180))
