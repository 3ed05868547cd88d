"""Connectivity error: how far the mattes fall from the largest connected part they share, level by level.

Rhemann et al., A Perceptually Motivated Online Benchmark for Image Matting, CVPR 2009, as the MATLAB evaluation of Deep
Image Matting defines it. The Python port of that evaluation takes the background for the largest part where it is
larger than the object; its lower figures are not reproduced here.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.metrics.pair import Mask, Pair
from vmatte.ops.unit import box_of

_LEVELS = 10
# The shortfall from which a pixel counts as disconnected.
_FROM = 0.15


def connectivity(alpha: NDArray[Any], truth: NDArray[Any], mask: Mask | None = None, *, as_aim: bool = False) -> float:
    """Connectivity error, sum |phi(g) - phi(a)|; printed divided by 1000.

    At each of ten thresholds the largest 4-connected part of min(a, g) is found; l is the threshold up to which a pixel
    belongs to all of them, and phi(x) = 1 - (x - l) where x - l >= 0.15, else 1.

    Args:
        alpha: (H, W) prediction, uint8 codes or floats in [0, 1].
        truth: (H, W) truth of the same type.
        mask: Which pixels are summed over; None is everywhere. The parts are those of the whole frame.
        as_aim: As AIM-500's program has it: a threshold that no pixel reaches is passed by those who passed the one
            below, and the sixth is the float next above 0.6.

    >>> solid = np.zeros((5, 9), np.uint8)
    >>> solid[1:4, 1:6] = 255
    >>> island = solid.copy()
    >>> island[2, 7] = 255
    >>> connectivity(solid, solid), connectivity(island, solid)
    (0.0, 1.0)
    """
    pair = Pair(alpha, truth)
    differs = alpha != truth if mask is None else (alpha != truth) & mask
    level = _levels(np.minimum(alpha, truth), differs, pair.white, as_aim)
    # Where both agree so do their phi; and where neither reaches so far above its level, both are 1.
    counted = differs & (np.maximum(alpha, truth) >= _reach(pair.white)[level])
    reached = level[counted] / _LEVELS
    one, other = (_phi(matte[counted] / pair.white - reached) for matte in (alpha, truth))
    return float(np.abs(other - one).sum())


def _levels(low: NDArray[Any], differs: Mask, white: int, as_aim: bool) -> NDArray[np.uint8]:
    """Through how many thresholds in a row a pixel stays in the largest part; right where the mattes differ."""
    level = np.zeros(low.shape, np.uint8)
    # Sets shrink from level to level, so all of them lie in the first one's box.
    box = box_of(low >= _threshold(1, white, as_aim))
    if box is None:
        return level + np.uint8(_LEVELS) if as_aim else level
    inner, asked = np.ascontiguousarray(low[box]), differs[box]
    alive = np.ones(inner.shape, np.bool_)
    for step in range(1, _LEVELS + 1):
        shape = inner >= _threshold(step, white, as_aim)
        if as_aim and not shape.any():
            level[box][alive] = _LEVELS
            break
        if not (alive & asked & shape).any():
            break
        alive &= _largest(shape)
        level[box] += alive
    return level


def _threshold(step: int, white: int, as_aim: bool) -> float:
    """As a code, the lowest that reaches it: 26, 51, 77, ... 255."""
    if as_aim and step == 6:
        above = math.nextafter(0.6, 1)
        return math.ceil(above * white) if white > 1 else above
    return -(-step * white // _LEVELS) if white > 1 else step / _LEVELS


def _reach(white: int) -> NDArray[Any]:
    """The value, for each level, below which a pixel counts as connected; for floats a little less."""
    reach = _FROM + np.arange(_LEVELS + 1) / _LEVELS
    return np.ceil(reach * white).astype(np.uint16) if white > 1 else reach - 1e-9


def _largest(shape: Mask) -> Mask:
    """The largest 4-connected part of a shape, the first in raster order of equals."""
    flooded = shape.astype(np.uint8)
    # A part with more than half of all pixels is the largest: no labels are needed for that.
    area, *_ = cv2.floodFill(flooded, np.empty(0, np.uint8), _seed(shape), 2, flags=4)
    if 2 * area > np.count_nonzero(shape):
        return np.asarray(flooded == 2)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(shape.view(np.uint8), connectivity=4)
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = 1 + np.flatnonzero(areas == areas.max())
    first = min(map(int, largest), key=lambda label: int(np.argmax(labels.ravel() == label)))
    return np.asarray(labels == first)


def _seed(shape: Mask) -> tuple[int, int]:
    """A pixel, as (x, y), that is likely to be in the largest part: amid the longest run of the fullest row."""
    row = int(np.argmax(np.count_nonzero(shape, axis=1)))
    ends = np.flatnonzero(np.diff(shape[row].astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    start, stop = ends[np.argmax(ends[:, 1] - ends[:, 0])]
    return int(start + stop) // 2, row


def _phi(shortfall: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(shortfall >= _FROM, 1 - shortfall, 1.0)
