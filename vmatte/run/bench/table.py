"""The tables of a bench: published rows and ours in the units of one evaluator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vmatte.run.bench.layout import Item
from vmatte.run.bench.published import Published
from vmatte.run.bench.record import Record
from vmatte.run.standing import Total, total
from vmatte.run.wording import figure

Records = Mapping[str, Record]


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        title: What it is of.
        rows: Headings first.
        notes: Sources, and what keeps rows from being compared.
    """

    title: str
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def tables(items: Sequence[Item], found: Mapping[str, Records], known: Mapping[str | None, Published]) -> list[Table]:
    """One table for clips, as papers average over all of them; for images one a group.

    Args:
        items: What was run on.
        found: By model, records by item.
        known: What papers print of each group, for clips of None, if it is in the units of the evaluator.
    """
    groups = groups_of(items)
    return [
        _table([item for item in items if group in (None, item.group)], group, found, known.get(group))
        for group in groups
    ]


def groups_of(items: Sequence[Item]) -> list[str | None]:
    """What tables there are: one of each part of an image set, one of all clips."""
    return list(dict.fromkeys(item.group for item in items)) if items[0].still else [None]


def totals(records: Records) -> dict[str, Total]:
    """Every metric of one model over the items."""
    return total([record.result for record in records.values()])


def speed(records: Records) -> tuple[float, float]:
    """The model's own milliseconds a frame: the mean over all frames, and the median of the clips' medians."""
    frames = sum(record.result.frames for record in records.values())
    medians = sorted(record.median for record in records.values())
    mean = 1e3 * sum(record.seconds for record in records.values()) / max(1, frames)
    return mean, 1e3 * medians[len(medians) // 2]


def _table(items: Sequence[Item], group: str | None, found: Mapping[str, Records], known: Published | None) -> Table:
    parts = {model: {item.name: records[item.name] for item in items} for model, records in found.items()}
    over = {model: totals(records) for model, records in parts.items()}
    names = list(known.metrics) if known else list(dict.fromkeys(name for each in over.values() for name in each))
    rows = [("METHOD", *names, "MS/FRAME", "MEDIAN", "SOURCE")]
    for method, values, source in known.rows if known else ():
        rows.append((method, *("" if value is None else figure(value) for value in values), "", "", source))
    for model, each in over.items():
        values_of = (figure(each[name].table if name in each else None) for name in names)
        mean, median = speed(parts[model])
        device = next(iter(parts[model].values())).device
        rows.append((f"* {model}", *values_of, f"{mean:.1f}", f"{median:.1f}", f"this run, {device}"))
    first = next(iter(next(iter(parts.values())).values())).result
    frames = sum(record.result.frames for record in next(iter(parts.values())).values())
    what = f"{len(items)} {'images' if items[0].still else f'clips, {frames} frames'}"
    title = f"{known.name if known else group or 'all'}: {what}, evaluator {first.evaluator}"
    return Table(title, tuple(rows), tuple(f"{text}" for text in known.cited()) if known else ())
