"""Several clips' scores as one table, and several mattes' as one ranking."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import zip_longest
from pathlib import Path
from typing import Any

from vmatte.core.whole import write_whole
from vmatte.metrics.scorer import Result
from vmatte.metrics.series import Value, totals

# A steadier matte counts as better only while it trails by no more than so many frames, and fits its picture no worse
# than by this share: the rule that was measured for smoothers on clips with known alpha.
_LATER, _WORSE = 0.2, 1.05
#: Metrics of which more is better.
HIGHER = ("IoU", "boundary F", "S", "wF", "mean E")
_UNSEEN = (("TRF", "WE", "CF"), ("LAG",), ("PCE",))
_NO_RANK = ("LAG confidence",)


@dataclass(frozen=True)
class Total:
    """A metric over several clips.

    Attributes:
        mean: Weighted by frames.
        table: As the evaluator's papers average.
    """

    mean: Value
    table: Value


def total(results: Sequence[Result]) -> dict[str, Total]:
    """Every metric over all clips."""
    names = dict.fromkeys(name for result in results for name in result.metrics)
    return {
        name: Total(*totals([result.metrics[name] for result in results if name in result.metrics])) for name in names
    }


def as_json(results: Mapping[str, Result] | Result) -> str:
    """One clip's scores, or several clips' under `clips` with their totals."""
    if isinstance(results, Result):
        data: dict[str, Any] = results.as_data()
    else:
        over = {name: vars(found) for name, found in total(list(results.values())).items()}
        data = {"clips": {name: result.as_data() for name, result in results.items()}, "total": over}
    return json.dumps(data, indent=1) + "\n"


def write_csv(path: Path, results: Mapping[str, Result]) -> None:
    """A row a frame, then each clip's mean and table rows; under its name only when complete."""
    names = list(total(list(results.values())))
    text = StringIO(newline="")
    sheet = csv.writer(text)
    sheet.writerow(["clip", "frame", *names])
    for clip, result in results.items():
        found = [result.metrics.get(name) for name in names]
        rows = zip_longest(*([] if each is None else each.per_frame for each in found))
        for frame, row in enumerate(rows):
            sheet.writerow([clip, frame, *map(_cell, row)])
        for kind in ("mean", "table"):
            sheet.writerow([clip, kind, *(_cell(None if each is None else getattr(each, kind)) for each in found)])
    write_whole(path, text.getvalue())


def ranks(results: Sequence[Result]) -> list[float]:
    """A mean rank for every matte, 1 being the best; equals share theirs.

    With truth, over the evaluator's metrics. Without, over three questions of equal weight, for each of their numbers
    alone can be gamed: is it steady (TRF, WE, CF), is it in time (LAG), does it fit the picture (PCE).
    """
    names = [name for name in total(results) if name not in _NO_RANK]
    with_truth = [(name,) for name in names if not any(name in group for group in _UNSEEN)]
    found = [
        [_ranked([cost(result, name) for result in results]) for name in group if name in names]
        for group in (with_truth or _UNSEEN)
    ]
    known = [[row for row in group if row is not None] for group in found]
    groups = [[sum(places) / len(places) for places in zip(*group, strict=True)] for group in known if group]
    if not groups:
        return [1.0] * len(results)
    return [sum(places) / len(places) for places in zip(*groups, strict=True)]


def cost(result: Result, name: str) -> Value:
    """A metric as something to keep low; None where it says nothing."""
    value = result.metrics[name].mean if name in result.metrics else None
    if value is None:
        return None
    if name in HIGHER:
        return -value
    if name == "coverage":
        return abs(1 - value)
    return max(0.0, abs(value) - _LATER) if name == "LAG" else value


def gamed(names: Sequence[str], results: Sequence[Result]) -> list[str]:
    """Which mattes are steadier than another one only because they trail or no longer fit the picture."""
    found = []
    for name, result in zip(names, results, strict=True):
        for other, rival in zip(names, results, strict=True):
            why = _price(result, rival)
            if why:
                found.append(f"{name} flickers less than {other}, but {why}: not better")
    return found


def _price(result: Result, rival: Result) -> str:
    """What a lower TRF was bought with; empty if with nothing, or if it is not lower."""
    trf, lag, pce = (
        [each.metrics[name].mean if name in each.metrics else None for each in (result, rival)]
        for name in ("TRF", "LAG", "PCE")
    )
    if trf[0] is None or trf[1] is None or trf[0] >= trf[1]:
        return ""
    prices = []
    if lag[0] is not None and lag[1] is not None and abs(lag[0]) - abs(lag[1]) > _LATER:
        prices.append(f"is off by {lag[0]:+.2f} frames instead of {lag[1]:+.2f} (LAG)")
    if pce[0] is not None and pce[1] is not None and pce[0] > _WORSE * pce[1]:
        prices.append(f"fits the picture {100 * (pce[0] / pce[1] - 1):.0f} % worse (PCE)")
    return " and ".join(prices)


def _ranked(costs: Sequence[Value]) -> list[float] | None:
    """Ranks from 1, equals sharing the mean of theirs; None if any cost is unknown."""
    # Six digits: the last ones depend on how an array lies in memory.
    known = [float(f"{each:.6g}") for each in costs if each is not None]
    if len(known) < len(costs):
        return None
    return [1 + sum(other < each for other in known) + (known.count(each) - 1) / 2 for each in known]


def _cell(value: Value) -> str:
    return "" if value is None else repr(value)
