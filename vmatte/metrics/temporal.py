"""Scores of how a predicted matte changes over time against how the true one does.

After Erofeev, Gitman, Vatolin, Fedorov, Wang, Perceptually Motivated Benchmark for Video Matting, BMVC 2015.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.metrics.pair import Mask, Pair, Wide

Matte = NDArray[Any]
Floats = NDArray[np.float32]


def dtssd(alpha: Matte, before: Matte, truth: Matte, truth_before: Matte) -> float:
    """Error of the change since the frame before, sqrt(mean ((a_t - a_{t-1}) - (g_t - g_{t-1}))^2); printed times 100.

    The per-pixel form of the RVM and MatAnyone evaluators. Those programs count the first frame, which has no frame
    before it, as 0.

    Args:
        alpha: (H, W) prediction, floats in [0, 1] or uint8 codes.
        before: The prediction one frame earlier.
        truth: (H, W) true matte.
        truth_before: The true matte one frame earlier.

    >>> import numpy as np
    >>> still, gone = np.ones((2, 2)), np.zeros((2, 2))
    >>> dtssd(still, still, still, still), dtssd(gone, still, still, still)
    (0.0, 1.0)
    """
    return _root_mean_change(Pair.of(alpha, truth, "none"), Pair.of(before, truth_before, "none"))


def dtssd_sum(pair: Pair, before: Pair, mask: Mask | None = None) -> float:
    """TCVOM's form, sqrt(sum (...)^2) over the mask: for equal masks RVM's times sqrt(N); not scaled."""
    return math.sqrt(pair.change(before, mask))


def messddt(pair: Pair, after: Pair, flow: Floats, mask: Mask | None = None) -> float:
    """Motion-compensated change of the squared error, sum |(a_t - g_t)^2 - (W a_{t+1} - W g_{t+1})^2|; not scaled.

    Args:
        pair: Frame t.
        after: Frame t+1.
        flow: (H, W, 2) px from t to t+1; where it is not finite it is undefined, and the pixel is left out.
        mask: Which pixels of frame t are summed over; None is everywhere.

    >>> import numpy as np
    >>> still = np.zeros((3, 3, 2), np.float32)
    >>> same, worse = (Pair(np.full((3, 3), a), np.zeros((3, 3))) for a in (0.5, 1.0))
    >>> messddt(same, same, still), messddt(same, worse, still)
    (0.0, 6.75)
    """
    return _compensated(pair, after, flow, mask, 2)


def messddt_fixed(pair: Pair, after: Pair, flow: Floats, mask: Mask | None = None) -> float:
    """TCVOM's "fixed" variant, sum |(a_t - g_t) - (W a_{t+1} - W g_{t+1})|; not scaled."""
    return _compensated(pair, after, flow, mask, 1)


def _root_mean_change(pair: Pair, before: Pair) -> float:
    return math.sqrt(pair.change(before) / pair.count(None))


def _compensated(pair: Pair, after: Pair, flow: Floats, mask: Mask | None, power: int) -> float:
    known = np.isfinite(flow).all(axis=2)
    rows, columns = np.nonzero(known if mask is None else known & mask)
    ends = np.asarray(flow[rows, columns], np.float64)
    # Warping is linear, so the error can be warped instead of both mattes.
    here = pair.error[rows, columns] / pair.white
    brought = _bilinear(after.error, columns + ends[:, 0], rows + ends[:, 1]) / after.white
    return float(np.abs(here**power - brought**power).sum())


def _bilinear(image: Matte, x: Wide, y: Wide) -> Wide:
    """Values between pixels, zero beyond the frame; exact, where OpenCV's remap rounds places of float64 to 1/32 px."""
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    right, low = x - left, y - top
    found = np.zeros(x.size)
    for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
        row, column = top + down, left + across
        inside = (row >= 0) & (row < image.shape[0]) & (column >= 0) & (column < image.shape[1])
        weight = (low if down else 1 - low) * (right if across else 1 - right)
        found[inside] += weight[inside] * image[row[inside], column[inside]]
    return found
