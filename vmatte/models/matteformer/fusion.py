"""Three mattes become one: each finer one counts where the one before is neither 0 nor 1."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha

# As published: bands are found at 640x640 whatever the size of the picture, with ellipses of these sides.
_SIDE = 640
_MIDDLE, _FINE = 15, 7


def joined(fine: Alpha, middle: Alpha, coarse: Alpha) -> Alpha:
    """One matte of three, (H, W) in 0..1 each.

    >>> flat = np.full((2, 2), 0.5, np.float32)
    >>> float(joined(flat * 0.5, flat, flat).max()), float(joined(flat, flat, flat * 0).max())
    (0.25, 0.0)
    """
    alpha = np.where(band(coarse, _MIDDLE), middle, coarse)
    return np.where(band(alpha, _FINE), fine, alpha)


def band(alpha: Alpha, side: int) -> NDArray[np.bool_]:
    """Where a matte is neither 0 nor 1 to one step of 8 bits, widened by an ellipse of that side at 640x640.

    >>> int(band(np.array([[0, 0.5, 1]], np.float32), 1).sum())
    1
    """
    small = alpha[np.ix_(*(_nearest(length, _SIDE) for length in alpha.shape))]
    low, high = np.float32(1 / 255), np.float32(1 - 1 / 255)
    soft = ((small >= low) & (small <= high)).astype(np.uint8)
    grown = cv2.dilate(soft, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    found: NDArray[np.bool_] = grown[np.ix_(*(_nearest(_SIDE, length) for length in alpha.shape))] > 0
    return found


def _nearest(length: int, wanted: int) -> NDArray[np.intp]:
    """Places of `wanted` samples along an axis, from its first element on, in single precision as torch has it."""
    scale = np.float32(length) / np.float32(wanted)
    places = np.floor(np.arange(wanted, dtype=np.float32) * scale).astype(np.intp)
    clipped: NDArray[np.intp] = np.minimum(places, length - 1)
    return clipped
