"""The bars to hold, each a ratio between two methods measured in the same run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tools.benchmark.scoring import Figures

Results = Mapping[str, Figures]
"""Figures by method, of one group and one seed, mean over its clips."""


@dataclass(frozen=True)
class Bar:
    """One promise.

    Attributes:
        group: Which group of clips it is measured on.
        text: What is compared with what.
        prototype: The ratio measured on the prototype.
        limit: What must be reached.
        value: The ratio from a group's results; KeyError if a method is missing.
        at_least: Whether the limit is a lower one.
    """

    group: str
    text: str
    prototype: str
    limit: float
    value: Callable[[Results], float]
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Whether a measured value reaches the limit."""
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True)
class Held:
    """A promise, with what was measured."""

    text: str
    value: float
    limit: float

    @property
    def holds(self) -> bool:
        """Whether it is kept."""
        return self.value <= self.limit


def _ratio(figure: str, method: str, *baselines: str) -> Callable[[Results], float]:
    """A method's figure over the best of the baselines'."""
    return lambda results: results[method][figure] / min(results[b][figure] for b in baselines)


BARS = (
    Bar("A", "MAD / flow-warped mask", "0.24", 0.30, _ratio("MAD", "recall", "warped mask")),
    Bar("A", "MSE / flow-warped mask", "0.13", 0.20, _ratio("MSE", "recall", "warped mask")),
    Bar("A", "dtSSD / flow-warped mask", "0.53", 0.60, _ratio("dtSSD", "recall", "warped mask")),
    Bar("A", "last-frame MAD / flow-warped mask's", "0.18", 0.25, _ratio("last", "recall", "warped mask")),
    Bar("A", "MAD / per-frame grabCut", "0.20", 0.30, _ratio("MAD", "recall", "grabCut")),
    Bar("A", "MAD at the last frame / frame 5", "2.2", 3.0, lambda r: r["recall"]["last"] / r["recall"]["f5"]),
    Bar("A", "MAD without the permanent bank / with", "1.31", 1.10, _ratio("MAD", "recall, no bank", "recall"), True),
    Bar("A", "CPU time / per-frame grabCut", "0.94", 1.2, _ratio("CPU", "recall", "grabCut")),
    Bar("A720", "MAD, 360 working rows / native", "0.90-1.01", 1.10, _ratio("MAD", "recall at 360", "recall native")),
    Bar("A720", "CPU time, 360 working rows / native", "0.50", 0.65, _ratio("CPU", "recall at 360", "recall native")),
    Bar("B", "MAD / best of difference and MOG2", "0.49", 0.60, _ratio("MAD", "difference", "|I-P| > 30", "MOG2")),
    Bar("B", "MSE / soft difference", "0.37", 0.50, _ratio("MSE", "difference", "soft |I-P|")),
    Bar("B", "dtSSD / soft difference", "0.75", 0.85, _ratio("dtSSD", "difference", "soft |I-P|")),
    Bar(
        "B",
        "MAD without the shadow model / with",
        "2.1",
        1.5,
        _ratio("MAD", "difference, no shadow", "difference"),
        True,
    ),
    Bar("C", "MAD / best of hue threshold and CbCr ramp", "0.33", 0.45, _ratio("MAD", "chroma", "hue", "CbCr ramp")),
    Bar("C", "MSE / CbCr ramp", "0.20", 0.30, _ratio("MSE", "chroma", "CbCr ramp")),
    Bar("C", "Grad / CbCr ramp", "0.51", 0.65, _ratio("Grad", "chroma", "CbCr ramp")),
    Bar("C", "dtSSD / CbCr ramp", "0.74", 0.85, _ratio("dtSSD", "chroma", "CbCr ramp")),
    Bar(
        "D", "MAD / difference to the median", "0.57", 0.70, _ratio("MAD", "difference, mode plate", "|I-median| > 30")
    ),
    Bar("F", "error / frame as foreground", "0.49", 0.65, _ratio("error", "multilevel", "frame")),
    Bar("M", "right choices with hints withheld", "31 of 31", 1.0, lambda r: r["choose"]["right"], True),
)
