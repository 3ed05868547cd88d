"""Scores of colours: the foreground under a true matte, and the bright rim of a cut-out."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image
from vmatte.metrics.pair import Mask, quantised

# A halo, as popcon-matting-bench counts it: pixels of a rim so many px wide that are brighter than this, by the luma of
# ITU-R BT.601. Below 0.05 is clean.
_BRIGHT, _RIM = 0.85, 3
_LUMA = (0.299, 0.587, 0.114)


def foreground_errors(colour: Image, truth_colour: Image, truth: NDArray[Any]) -> tuple[float, float]:
    """MAD and MSE of straight foreground colours, over all channels of the pixels with g > 0; printed times 1000.

    Args:
        colour: (H, W, 3) predicted, uint8 or uint16.
        truth_colour: (H, W, 3) true.
        truth: (H, W) true matte; strictly above 0 is counted.

    Returns:
        Both, nan if the true matte is empty.

    >>> black, grey = np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 51, np.uint8)
    >>> [round(x, 6) for x in foreground_errors(grey, black, np.ones((1, 1)))]
    [0.2, 0.04]
    """
    if not colour.shape == truth_colour.shape == (*truth.shape, 3):
        raise ValueError(f"colours are {colour.shape} and {truth_colour.shape}, the matte {truth.shape}")
    shown = truth > 0
    one, other = (each[shown].astype(np.float64) / np.iinfo(each.dtype).max for each in (colour, truth_colour))
    if not one.size:
        return math.nan, math.nan
    error = np.abs(one - other)
    return float(error.mean()), float(np.square(error).mean())


def halo(colour: Image, alpha: NDArray[Any]) -> float:
    """Bright pixels just inside the outline, composited on black, per pixel of outline; below 0.05 is clean.

    The score of popcon-matting-bench: the shape is every pixel that is not wholly transparent, what lies beyond the
    frame is outside, and the outline's length is taken as the rim's area over its width of 3 px.

    Args:
        colour: (H, W, 3) straight colours, uint8 or uint16.
        alpha: (H, W) uint8 codes or floats.

    Returns:
        The score, from 0 to 3; 0 for a matte that is empty or covers the whole frame.

    >>> alpha = np.zeros((20, 20), np.uint8)
    >>> alpha[5:15, 5:15] = 255
    >>> halo(np.full((20, 20, 3), 255, np.uint8), alpha), halo(np.zeros((20, 20, 3), np.uint8), alpha)
    (3.0, 0.0)
    """
    shape = area_of(alpha).view(np.uint8)
    if shape.all():
        return 0.0
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = cv2.erode(shape, cross, iterations=_RIM, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    rim = shape > inner
    count = int(np.count_nonzero(rim))
    if not count:
        return 0.0
    white = np.iinfo(colour.dtype).max
    luma = (colour[rim].astype(np.float64) @ np.array(_LUMA)) * quantised(alpha, "none")[rim] / white
    return int(np.count_nonzero(luma > _BRIGHT)) / max(1.0, count / _RIM)


def coverage(alpha: NDArray[Any], baseline: NDArray[Any]) -> float:
    """How many pixels a matte touches over how many another one of the same frame does; nan if that one is empty.

    Popcon-matting-bench's ratio to a baseline model: below 0.9 a matte eats of its subject.

    >>> coverage(np.array([[1.0, 0.5, 0, 0]]), np.ones((1, 4)))
    0.5
    """
    area = int(np.count_nonzero(area_of(baseline)))
    return int(np.count_nonzero(area_of(alpha))) / area if area else math.nan


def area_of(alpha: NDArray[Any]) -> Mask:
    """The pixels that an 8-bit file would not hold as wholly transparent.

    >>> area_of(np.array([[0, 0.001, 0.01]])).tolist()
    [[False, False, True]]
    """
    return np.asarray(quantised(alpha) > 0)
