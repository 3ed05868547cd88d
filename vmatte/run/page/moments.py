"""Where a clip is worst: frames and ranges whose scores stand out from the clip's own."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vmatte.metrics.scorer import Result
from vmatte.metrics.series import Series, Value
from vmatte.run.standing import HIGHER

# Modified z-scores above 3.5 are outliers: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993. Their
# constant makes the median deviation that of a normal distribution.
_OUTLIER, _NORMAL = 3.5, 0.6745
# A spread below this share of the median counts as that much, or a clip that is nearly the same throughout would be
# all outliers.
_LEAST = 0.05
# Of one frame these say too little: the lag is a property of many.
_LEFT_OUT = ("LAG", "LAG confidence")


@dataclass(frozen=True)
class Moment:
    """A frame or a range that stands out.

    Attributes:
        matte: Whose.
        start: First frame.
        stop: Last frame.
        peak: The worst frame.
        values: What stands out, worst first, with its value there.
        severity: How far, as a modified z-score; 0 when nothing stands out and this is merely the worst frame.
    """

    matte: str
    start: int
    stop: int
    peak: int
    values: tuple[tuple[str, float], ...]
    severity: float


def moments(name: str, result: Result, most: int) -> list[Moment]:
    """The worst moments of one matte, the worst first; at least one, if any metric says anything of frames."""
    found = [each for metric in result.metrics.values() if metric.name not in _LEFT_OUT for each in _of(name, metric)]
    joined = sorted(_joined(found), key=lambda each: -each.severity)
    if joined:
        return [_told(each, result) for each in joined[:most]]
    return [each for metric in result.metrics.values() for each in _plain(name, metric)][:1]


def _of(name: str, metric: Series) -> list[Moment]:
    costs = _costs(metric)
    known = [cost for cost in costs if cost is not None]
    if len(known) < 3:
        return []
    middle = statistics.median(known)
    spread = max(statistics.median(abs(cost - middle) for cost in known), _LEAST * abs(middle))
    if spread == 0:
        return []
    heights = [0.0 if cost is None else _NORMAL * (cost - middle) / spread for cost in costs]
    return [_moment(name, metric, heights, frames) for frames in _runs(heights)]


def _moment(name: str, metric: Series, heights: Sequence[float], frames: Sequence[int]) -> Moment:
    peak = max(frames, key=lambda frame: heights[frame])
    value = metric.per_frame[peak]
    assert value is not None
    return Moment(name, frames[0], frames[-1], peak, ((metric.name, value),), heights[peak])


def _runs(heights: Sequence[float]) -> list[list[int]]:
    """Neighbouring outliers together; one quiet frame between two does not part them."""
    runs: list[list[int]] = []
    for frame, height in enumerate(heights):
        if height <= _OUTLIER:
            continue
        if runs and frame - runs[-1][-1] <= 2:
            runs[-1].append(frame)
        else:
            runs.append([frame])
    return runs


def _joined(found: Sequence[Moment]) -> list[Moment]:
    """Moments of several metrics that overlap or follow on each other, as one."""
    joined: list[Moment] = []
    for each in sorted(found, key=lambda one: one.start):
        if not joined or each.start > joined[-1].stop + 1:
            joined.append(each)
            continue
        last = joined[-1]
        first, second = (last, each) if last.severity >= each.severity else (each, last)
        values = dict((*first.values, *second.values))
        stop = max(last.stop, each.stop)
        joined[-1] = Moment(last.matte, last.start, stop, first.peak, tuple(values.items()), first.severity)
    return joined


def _told(moment: Moment, result: Result) -> Moment:
    """With the worst value in its range of every metric that stands out in it."""
    values = []
    for name, _ in moment.values:
        row, costs = result.metrics[name].per_frame, _costs(result.metrics[name])
        there = [frame for frame in range(moment.start, moment.stop + 1) if costs[frame] is not None]
        worst = row[max(there, key=lambda frame: costs[frame] or 0.0)]
        assert worst is not None
        values.append((name, worst))
    return replace(moment, values=tuple(values))


def _plain(name: str, metric: Series) -> list[Moment]:
    costs = _costs(metric)
    there = [frame for frame, cost in enumerate(costs) if cost is not None]
    if not there or metric.name in _LEFT_OUT:
        return []
    frame = max(there, key=lambda each: costs[each] or 0.0)
    value = metric.per_frame[frame]
    assert value is not None
    return [Moment(name, frame, frame, frame, ((metric.name, value),), 0.0)]


def _costs(metric: Series) -> list[Value]:
    """Per frame, as something to keep low."""
    if metric.name == "coverage":
        return [None if value is None else abs(1 - value) for value in metric.per_frame]
    sign = -1 if metric.name in HIGHER else 1
    return [None if value is None else sign * value for value in metric.per_frame]
