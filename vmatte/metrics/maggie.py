"""MaGGIe's metrics that are one number a clip, as its program has them, for one instance.

MaGGIe: Huynh et al., Masked and Guided Human Instance Matting, CVPR 2024.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.metrics.gradient import gradient_magnitude
from vmatte.metrics.moment import Moment
from vmatte.metrics.pair import Pair, squares
from vmatte.metrics.series import Averaging, Series, Value, known

# dtSSD's factor and MESSDdt's, and what is added to the span that mattes are stretched by.
_CHANGE, _COMPENSATED, _ADDED = 0.1, 1e4, 1e-6
# Its Farneback flow: pyramid scale, levels, window, iterations, neighbourhood, spread.
_FARNEBACK = (0.5, 5, 10, 2, 7, 1.5)


class Change:
    """dtSSD, 0.1 sqrt(sum of ((a_t - a_{t-1}) - (g_t - g_{t-1}))^2) over the clip, in the mask of the earlier frame."""

    def __init__(self) -> None:
        self._sums: list[float] = []

    def update(self, moment: Moment) -> None:
        """Takes the next frame."""
        if moment.before is not None:
            self._sums.append(moment.pair.change(moment.before.pair, moment.before.mask))

    def result(self) -> Series:
        """The metric so far; a frame's value is that of its change from the frame before."""
        each = [_CHANGE * math.sqrt(found) for found in self._sums]
        whole = _CHANGE * math.sqrt(math.fsum(self._sums)) if each else None
        return _clip("dtSSD", "x0.1", [0.0, *each], whole)


class Compensated:
    """MESSDdt as the program computes it, which is not a valid motion-compensated value beyond the first pair.

    The flow is Farneback's between the true mattes, rounded to whole pixels; the column serves as the row and the row
    as the column, and the neighbour is always the clip's second frame.
    """

    def __init__(self) -> None:
        self._sums: list[float] = []
        self._counts: list[int] = []
        self._second: NDArray[np.float64] | None = None

    def update(self, moment: Moment) -> None:
        """Takes the next frame."""
        before = moment.before
        if before is None:
            return
        if self._second is None:
            self._second = _masked(moment)
        flow = np.rint(_farneback(before.pair, moment.pair)).astype(np.intp)
        height, width = self._second.shape
        down, across = np.mgrid[:height, :width]
        rows = np.clip(across + flow[..., 0], 0, height - 1)
        columns = np.clip(down + flow[..., 1], 0, width - 1)
        change = np.square(_masked(before)) - np.square(self._second[rows, columns])
        self._sums.append(float(np.abs(change).sum()))
        self._counts.append(before.pair.count(before.mask) + 1)

    def result(self) -> Series:
        """The metric so far."""
        each = [_COMPENSATED * found / count for found, count in zip(self._sums, self._counts, strict=True)]
        whole = _COMPENSATED * math.fsum(self._sums) / sum(self._counts) if each else None
        return _clip("MESSDdt", "x1e4", [*each, 0.0], whole)


class Steepness:
    """Grad with both mattes stretched by the whole clip's lowest and highest value, zeros beyond the border, / 1000.

    The stretch is only known in the end, but it comes out of the squares: three sums a frame are kept. Exact where the
    mattes reach 0 somewhere in the clip, as all do that have a background.
    """

    def __init__(self) -> None:
        self._products: list[tuple[float, float, float]] = []
        self._ranges = [[math.inf, -math.inf], [math.inf, -math.inf]]

    def update(self, moment: Moment) -> None:
        """Takes the next frame."""
        slopes = []
        for matte, found in zip((moment.pair.alpha, moment.pair.truth), self._ranges, strict=True):
            low, high, _, _ = cv2.minMaxLoc(matte)
            found[:] = min(found[0], low), max(found[1], high)
            slopes.append(gradient_magnitude(matte, cv2.BORDER_CONSTANT))
        one, other = slopes
        self._products.append((squares(one), float(np.vdot(one, other)), squares(other)))
        self._white = moment.pair.white

    def result(self) -> Series:
        """The metric so far."""
        if not self._products:
            return _clip("Grad", "/1e3", [], None)
        a, g = (1 / (high - low + _ADDED * self._white) for low, high in self._ranges)
        each = [1e-3 * (aa * a * a - 2 * ag * a * g + gg * g * g) for aa, ag, gg in self._products]
        return _clip("Grad", "/1e3", each, math.fsum(each) / len(each))


METERS: tuple[Callable[[], Any], ...] = (Steepness, Change, Compensated)


def _clip(name: str, unit: str, values: Sequence[Value], whole: Value) -> Series:
    found = known(whole)
    return Series(name, unit, tuple(values), found, found, len(values) if found is not None else 0, Averaging.clips)


def _masked(moment: Moment) -> NDArray[np.float64]:
    error = np.asarray(moment.pair.error, np.float64) / moment.pair.white
    return error if moment.mask is None else error * moment.mask


def _farneback(before: Pair, after: Pair) -> NDArray[np.float32]:
    one, other = (np.rint(np.asarray(each.truth) * (255 / each.white)).astype(np.uint8) for each in (before, after))
    flow = cv2.calcOpticalFlowFarneback(
        one, other, cast("NDArray[np.float32]", None), *_FARNEBACK, cv2.OPTFLOW_FARNEBACK_GAUSSIAN
    )
    return np.asarray(flow, np.float32)
