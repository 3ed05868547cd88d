"""What a metric says of a clip frame by frame, and how frames and clips are averaged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

#: The spreadsheets of RVM and MatAnyone average the columns C to ZZ.
COLUMNS = 700

Value = float | None


class Averaging(Enum):
    """How a published program arrives at one number for several clips.

    `columns` averages each frame number over the clips that have it and then the frame numbers, 700 at most, forced
    zeros included; `frames` averages all frames of all clips; `clips` averages the clips' own averages.
    """

    columns = "columns"
    frames = "frames"
    clips = "clips"


@dataclass(frozen=True)
class Series:
    """One metric of one clip.

    Attributes:
        name: Of the metric.
        unit: What values are to be multiplied by to be in plain units, or their unit, in words: `x1e3`, `px`.
        per_frame: A value a frame, as the program writes its row; None where there is nothing to measure.
        mean: Over what was measured: frame-weighted, zeros that a program forces left out.
        table: As the program averages.
        weight: How many frames `mean` rests on.
        averaging: How clips are averaged.
    """

    name: str
    unit: str
    per_frame: tuple[Value, ...]
    mean: Value
    table: Value
    weight: int
    averaging: Averaging = Averaging.clips


def series(name: str, unit: str, values: Sequence[Value], averaging: Averaging, forced: int | None = None) -> Series:
    """A metric whose clip values are means of its frames'.

    Args:
        name: Of the metric.
        unit: In words.
        values: Frame by frame; nan counts as None.
        averaging: Of the program.
        forced: Place of a zero that stands for a frame without a neighbour.

    >>> found = series("dtSSD", "x1e2", [0.0, 1.0, 2.0], Averaging.columns, forced=0)
    >>> found.mean, found.table, found.weight
    (1.5, 1.0, 2)
    """
    row = tuple(known(value) for value in values)
    forced = len(row) - 1 if forced == -1 else forced
    counted = [value for place, value in enumerate(row) if value is not None and place != forced]
    shown = row[:COLUMNS] if averaging is Averaging.columns else row
    return Series(name, unit, row, mean(counted), mean(shown) if counted else None, len(counted), averaging)


def totals(clips: Sequence[Series]) -> tuple[Value, Value]:
    """Mean and table value of a metric over several clips.

    >>> one = series("MAD", "x1e3", [1.0, 1.0], Averaging.columns)
    >>> two = series("MAD", "x1e3", [2.0, 2.0, 8.0, 8.0], Averaging.columns)
    >>> mean, table = totals([one, two])
    >>> round(mean, 6), table
    (3.666667, 4.75)
    """
    weighed = [(clip.mean, clip.weight) for clip in clips if clip.mean is not None and clip.weight]
    weight = sum(each for _, each in weighed)
    frames = sum(value * each for value, each in weighed) / weight if weight else None
    averaging = clips[0].averaging if clips else Averaging.clips
    if averaging is Averaging.frames:
        return frames, frames
    if averaging is Averaging.clips:
        return frames, mean([clip.table for clip in clips])
    longest = min(COLUMNS, max((len(clip.per_frame) for clip in clips), default=0))
    columns = [mean([clip.per_frame[at] for clip in clips if at < len(clip.per_frame)]) for at in range(longest)]
    return frames, mean(columns)


def mean(values: Sequence[Value]) -> Value:
    """Of the values there are; None if there is none.

    >>> mean([1.0, None, 2.0]), mean([None])
    (1.5, None)
    """
    there = [value for value in values if value is not None]
    return math.fsum(there) / len(there) if there else None


def known(value: Value) -> Value:
    """None for nan, which JSON does not have.

    >>> known(math.nan), known(0.0)
    (None, 0.0)
    """
    return None if value is None or math.isnan(value) else float(value)
