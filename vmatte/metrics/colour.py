"""Scores of colours: the foreground under a true matte, and the bright rim of a cut-out."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image
from vmatte.metrics.pair import quantised
from vmatte.metrics.shape import outline, solid
from vmatte.ops.unit import unit

# A halo: pixels brighter than this in a rim so many px wide, as popcon-matting-bench counts them. Below 0.05 is clean.
_BRIGHT, _RIM = 0.85, 3
# Luminance of BT.709 colours, ITU-R BT.709-6, on coded values.
_LUMA = (0.2126, 0.7152, 0.0722)


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

    Args:
        colour: (H, W, 3) straight colours, uint8 or uint16.
        alpha: (H, W) uint8 codes or floats; its outline is taken at 0.5.

    Returns:
        The score; nan without an outline.

    >>> alpha = np.zeros((20, 20), np.uint8)
    >>> alpha[5:15, 5:15] = 255
    >>> halo(np.full((20, 20, 3), 255, np.uint8), alpha) > 2, halo(np.zeros((20, 20, 3), np.uint8), alpha)
    (True, 0.0)
    """
    inside = solid(alpha)
    around = int(outline(inside).sum())
    if not around:
        return math.nan
    whole = inside.astype(np.uint8)
    rim = (whole > cv2.erode(whole, np.ones((3, 3), np.uint8), iterations=_RIM)).view(np.bool_)
    codes = quantised(alpha, "none")[rim]
    bright = (unit(colour[rim]) @ np.array(_LUMA)) * codes > _BRIGHT
    return float(np.count_nonzero(bright)) / around


def coverage(alpha: NDArray[Any], baseline: NDArray[Any]) -> float:
    """Area of a matte over that of another one of the same frame; nan if the other is empty.

    >>> coverage(np.full((2, 2), 0.5), np.ones((2, 2)))
    0.5
    """
    area = float(quantised(baseline, "none").sum())
    return float(quantised(alpha, "none").sum()) / area if area else math.nan
