"""A trimap as FBA's network sees it: its two known classes, and how close each pixel is to them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8
from vmatte.ops.trimap import BACKGROUND, FOREGROUND
from vmatte.ops.unit import Float

# px: shares of the 320 px of the training crops, whatever the size of the picture.
_SIGMAS = tuple(320 * share for share in (0.02, 0.08, 0.16))


def classes(trimap: Image8) -> Float:
    """(H, W) of 0, 128 and 255 as (H, W, 2): 1 where it is background, 1 where it is foreground.

    >>> classes(np.array([[0, 128, 255]], np.uint8)).tolist()
    [[[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]]
    """
    return np.stack([trimap == BACKGROUND, trimap == FOREGROUND], axis=2).astype(np.float32)


def closeness(two: Float) -> Float:
    """Three Gaussians of the distance to each class, (H, W, 2) to (H, W, 6); 0 for a class that is absent.

    Values that are neither 0 nor 1, as resampling leaves them, count as the authors' code has it: whole steps of 255,
    less the fraction, below 0 wrapped around; so anything but an exact 1 is outside the class.

    >>> closeness(np.ones((1, 1, 2), np.float32)).tolist(), float(closeness(np.zeros((2, 2, 2), np.float32)).max())
    ([[[1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]], 0.0)
    """
    found = np.zeros((*two.shape[:2], 2 * len(_SIGMAS)), np.float32)
    for place in range(2):
        own = two[..., place]
        if own.any():
            squared = _distance(own) ** 2
            for step, sigma in enumerate(_SIGMAS):
                found[..., len(_SIGMAS) * place + step] = np.exp(-squared / (2 * sigma**2))
    return found


def _distance(own: Float) -> NDArray[Any]:
    outside = np.trunc(255 * (1 - own)).astype(np.int32) & 255
    # Without a pixel of distance 0, OpenCV says 1.8e19: infinite, whose Gaussian is 0.
    if outside.all():
        return np.full(own.shape, np.inf, np.float32)
    return cv2.distanceTransform(outside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
