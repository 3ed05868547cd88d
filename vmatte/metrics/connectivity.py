"""Connectivity error: how far the mattes fall from the largest connected part they share, level by level.

Rhemann et al., A Perceptually Motivated Online Benchmark for Image Matting, CVPR 2009, as the MATLAB evaluation of Deep
Image Matting defines it. The Python port of that evaluation takes the background for the largest part where it is
larger than the object; its lower figures are not reproduced here.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.metrics.pair import Mask, Pair
from vmatte.ops.unit import box_of

_LEVELS = 10
# The shortfall from which a pixel counts as disconnected.
_FROM = 0.15


def connectivity(alpha: NDArray[Any], truth: NDArray[Any], mask: Mask | None = None) -> float:
    """Connectivity error, sum |phi(g) - phi(a)|; printed divided by 1000.

    At each of ten thresholds the largest 4-connected part of min(a, g) is found; l is the threshold up to which a pixel
    belongs to all of them, and phi(x) = 1 - (x - l) where x - l >= 0.15, else 1.

    Args:
        alpha: (H, W) prediction, uint8 codes or floats in [0, 1].
        truth: (H, W) truth of the same type.
        mask: Which pixels are summed over; None is everywhere. The parts are those of the whole frame.

    >>> solid = np.zeros((5, 9), np.uint8)
    >>> solid[1:4, 1:6] = 255
    >>> island = solid.copy()
    >>> island[2, 7] = 255
    >>> connectivity(solid, solid), connectivity(island, solid)
    (0.0, 1.0)
    """
    pair = Pair(alpha, truth)
    differs = alpha != truth if mask is None else (alpha != truth) & mask
    # Where both agree so do their phi: only the rest needs a level.
    places = np.flatnonzero(differs)
    if not places.size:
        return 0.0
    level = _levels(np.minimum(alpha, truth), places, pair.white) / _LEVELS
    one, other = (_phi(matte.ravel()[places] / pair.white - level) for matte in (alpha, truth))
    return float(np.abs(other - one).sum())


def _levels(low: NDArray[Any], places: NDArray[np.intp], white: int) -> NDArray[np.float64]:
    """Through how many thresholds in a row each of these pixels stays in the largest part."""
    level = np.zeros(places.size)
    # Sets shrink from level to level, so all of them lie in the first one's box.
    box = box_of(low >= _threshold(1, white))
    if box is None:
        return level
    rows, columns = np.divmod(places, low.shape[1])
    held = np.flatnonzero(low.ravel()[places] >= _threshold(1, white))
    inner = np.ascontiguousarray(low[box])
    at = (rows[held] - box[0].start, columns[held] - box[1].start)
    for step in range(1, _LEVELS + 1):
        within = inner[at] >= _threshold(step, white)
        held, at = held[within], (at[0][within], at[1][within])
        if not held.size:
            break
        within = _in_largest(inner >= _threshold(step, white), at)
        held, at = held[within], (at[0][within], at[1][within])
        level[held] = step
    return level


def _threshold(step: int, white: int) -> float:
    """As a code, the lowest that reaches it: 26, 51, 77, ... 255."""
    return -(-step * white // _LEVELS) if white > 1 else step / _LEVELS


def _in_largest(shape: Mask, at: tuple[NDArray[np.intp], NDArray[np.intp]]) -> Mask:
    """Whether pixels that are in the shape are in its largest 4-connected part, the first in raster order of equals."""
    flooded = shape.astype(np.uint8)
    # A part with more than half of all pixels is the largest: no labels are needed for that.
    area, *_ = cv2.floodFill(flooded, np.empty(0, np.uint8), _seed(shape), 2, flags=4)
    if 2 * area > np.count_nonzero(shape):
        return np.asarray(flooded[at] == 2)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(shape.view(np.uint8), connectivity=4)
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = 1 + np.flatnonzero(areas == areas.max())
    first = min(map(int, largest), key=lambda label: int(np.argmax(labels.ravel() == label)))
    return np.asarray(labels[at] == first)


def _seed(shape: Mask) -> tuple[int, int]:
    """A pixel, as (x, y), that is likely to be in the largest part: amid the longest run of the fullest row."""
    row = int(np.argmax(np.count_nonzero(shape, axis=1)))
    ends = np.flatnonzero(np.diff(shape[row].astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    start, stop = ends[np.argmax(ends[:, 1] - ends[:, 0])]
    return int(start + stop) // 2, row


def _phi(shortfall: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(shortfall >= _FROM, 1 - shortfall, 1.0)
