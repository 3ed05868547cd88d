"""Gradient error: how far the steepness of two mattes differs, computed only where it can.

Rhemann et al., A Perceptually Motivated Online Benchmark for Image Matting, CVPR 2009, and every evaluator since.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.metrics.pair import Mask, Pair, Wide, squares

SIGMA, CUTOFF = 1.4, 0.01
#: How far the filters reach: 9 x 9 taps.
HALF = math.ceil(SIGMA * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * SIGMA * CUTOFF)))
# Side of the blocks that are computed or left out as a whole, px.
_BLOCK = 64


class Range(NamedTuple):
    """What a matte's values are measured from, and in what unit."""

    low: float
    span: float


def gradient(alpha: NDArray[Any], truth: NDArray[Any], *, stretch: bool = False, mask: Mask | None = None) -> float:
    """Gradient error, sum (m(a) - m(g))^2 with m the Gaussian gradient magnitude; printed divided by 1000.

    Args:
        alpha: (H, W) prediction, uint8 codes or floats in [0, 1].
        truth: (H, W) truth of the same type.
        stretch: Whether each matte is first stretched to [0, 1] by its own lowest and highest value, a constant one to
            0, as MATLAB and the low-resolution evaluators do. Never compare the two kinds.
        mask: Which pixels are summed over; None is everywhere.

    >>> flat, edge = np.zeros((9, 9)), np.repeat([[0.0, 1.0]], [4, 5], 1).repeat(9, 0)
    >>> gradient(edge, edge), gradient(flat, edge) > 1
    (0.0, True)
    """
    pair = Pair(alpha, truth)
    scales = [range_of(matte) if stretch else Range(0, pair.white) for matte in (alpha, truth)]
    found = 0.0
    for inner, outer in _places(pair, scales[0] == scales[1], mask):
        one, other = (
            # Stretching by a constant and a factor leaves the constant out of slopes, and the factor can wait.
            gradient_magnitude(matte[outer]) / scale.span
            for matte, scale in zip((alpha, truth), scales, strict=True)
        )
        cut = tuple(slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
        found += squares(cv2.subtract(one, other)[cut], None if mask is None else np.ascontiguousarray(mask[inner]))
    return found


def range_of(matte: NDArray[Any]) -> Range:
    """The lowest value and the distance to the highest; a constant matte has an infinite one, which makes it 0."""
    low, high, _, _ = cv2.minMaxLoc(matte)
    return Range(low, high - low if high > low else math.inf)


def gradient_magnitude(alpha: NDArray[Any], border: int = cv2.BORDER_REPLICATE) -> Wide:
    """Length of the gradient under Gaussian derivatives of sigma 1.4, in the matte's own unit per px.

    Args:
        alpha: (H, W) floats in [0, 1], or uint8 codes.
        border: OpenCV's word for what lies beyond the frame; by default edge pixels are repeated.

    >>> float(gradient_magnitude(np.ones((9, 9))).max()) < 1e-12
    True
    """
    smooth, slope = gradient_taps()
    wide = np.ascontiguousarray(alpha, None if alpha.dtype == np.uint8 else np.float64)
    across = cv2.sepFilter2D(wide, cv2.CV_64F, slope, smooth, borderType=border)
    down = cv2.sepFilter2D(wide, cv2.CV_64F, smooth, slope, borderType=border)
    return np.asarray(cv2.magnitude(across, down), np.float64)


@cache
def gradient_taps() -> tuple[Wide, Wide]:
    """The Gaussian and its derivative, whose outer product has Frobenius norm 1."""
    at = np.arange(-HALF, HALF + 1, dtype=np.float64)
    smooth = np.exp(-(at**2) / (2 * SIGMA**2)) / (SIGMA * math.sqrt(2 * math.pi))
    slope = -at * smooth / SIGMA**2
    return smooth, slope / np.linalg.norm(np.outer(smooth, slope))


def _places(
    pair: Pair, same_scale: bool, mask: Mask | None
) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Rectangles that hold all pixels whose error is not 0, each also with the surroundings that the filters need."""
    differs = (pair.alpha != pair.truth).view(np.uint8)
    if not same_scale:
        # Equal values at different scales differ in steepness wherever there is any.
        differs |= cv2.morphologyEx(pair.alpha, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    near = cv2.dilate(differs, np.ones((2 * HALF + 1, 2 * HALF + 1), np.uint8)) > 0
    near = near if mask is None else near & mask
    height, width = near.shape
    for top in range(0, height, _BLOCK):
        bottom = min(height, top + _BLOCK)
        columns = np.flatnonzero(near[top:bottom].any(axis=0))
        for run in np.split(columns, np.flatnonzero(np.diff(columns) > 2 * HALF) + 1) if columns.size else ():
            left, right = int(run[0]), int(run[-1]) + 1
            inner = slice(top, bottom), slice(left, right)
            outer = (
                slice(max(0, top - HALF), min(height, bottom + HALF)),
                slice(max(0, left - HALF), min(width, right + HALF)),
            )
            yield inner, outer
