"""What a metric is told of one frame, and the metrics that are a number a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image
from vmatte.metrics.pair import Mask, Pair
from vmatte.metrics.series import Averaging, Series, Value, known, series

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Moment:
    """One frame of a clip and the one before it.

    Attributes:
        pair: Prediction and truth.
        mask: Which pixels are counted; None is all of them.
        before: The frame before; None for the first.
        flow: (H, W, 2) px from the frame before to this one; None if nobody gave it.
        colour: (H, W, 3) predicted straight foreground; None if there is none.
        true_colour: The true one.
    """

    pair: Pair
    mask: Mask | None = None
    before: Moment | None = None
    flow: Floats | None = None
    colour: Image | None = None
    true_colour: Image | None = None


Measure = Callable[[Moment], Value]


class When(Enum):
    """Which frame a number belongs to.

    `frame` is the frame itself. `since` is it against the frame before, the first frame counting as 0; `until` is the
    frame before against it, the last frame counting as 0.
    """

    frame = "frame"
    since = "since"
    until = "until"


class Meter(Protocol):
    """Accumulates one metric."""

    def update(self, moment: Moment) -> None:
        """Takes the next frame."""

    def result(self) -> Series | None:
        """The metric so far; None if nobody gave what it needs."""


@dataclass(frozen=True)
class Row:
    """A metric that is one number a frame, as a program prints it.

    Attributes:
        name: As the papers write it.
        unit: The scale in words, for people.
        scale: What the plain value is multiplied by.
        measure: The plain value of a frame.
        averaging: How the program averages.
        when: Which frame a value belongs to.
        needs: Attributes of a `Moment` that it cannot do without.
    """

    name: str
    unit: str
    scale: float
    measure: Measure
    averaging: Averaging = Averaging.columns
    when: When = When.frame
    needs: tuple[str, ...] = ()

    def meter(self) -> Meter:
        """A fresh accumulator."""
        return _RowMeter(self)


class _RowMeter:
    def __init__(self, row: Row) -> None:
        self._row = row
        self._values: list[Value] = []
        self._frames = 0
        self._met = not row.needs

    def update(self, moment: Moment) -> None:
        self._frames += 1
        if self._row.when is not When.frame and moment.before is None:
            if self._row.when is When.since:
                self._values.append(0.0)
            return
        if any(getattr(moment, need) is None for need in self._row.needs):
            self._values.append(None)
            return
        self._met = True
        value = known(self._row.measure(moment))
        self._values.append(None if value is None else value * self._row.scale)

    def result(self) -> Series | None:
        row = self._row
        if not self._met:
            return None
        values, forced = list(self._values), None
        if row.when is When.until and self._frames:
            values.append(0.0)
        if row.when is not When.frame:
            forced = 0 if row.when is When.since else -1
        return series(row.name, row.unit, values, row.averaging, forced)
