"""One model's result on one item, kept on disk so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vmatte.core.whole import write_whole
from vmatte.metrics.scorer import Result
from vmatte.metrics.series import Averaging, Series


@dataclass(frozen=True)
class Record:
    """What a model did on an item.

    Attributes:
        key: Of everything that the result depends on, as far as it can be known without running.
        result: The scores.
        seconds: The model's own time in all.
        median: Median seconds a frame.
        device: Where it ran.
    """

    key: str
    result: Result
    seconds: float
    median: float
    device: str = "cpu"


def key_of(settings: Mapping[str, Any], files: Mapping[str, Path | None]) -> str:
    """Changes when a setting does, or a file is exchanged for another.

    Args:
        settings: Plain values.
        files: By role; of a folder the first file counts for all, as its name and size.
    """
    told = {role: None if path is None else _told(path) for role, path in files.items()}
    text = json.dumps([settings, told], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _told(path: Path) -> list[Any]:
    if not path.is_dir():
        return [path.name, path.stat().st_size]
    inner = sorted(each for each in path.iterdir() if each.is_file())
    return [len(inner), *([inner[0].name, inner[0].stat().st_size] if inner else [])]


def stored(path: Path, key: str) -> Record | None:
    """The record in a file; None if there is none, it is not readable, or of another key."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["key"] != key:
            return None
        metrics = {name: _series(row) for name, row in data["result"].pop("metrics").items()}
        notes = tuple(data["result"].pop("notes"))
        return Record(**{**data, "result": Result(**data["result"], metrics=metrics, notes=notes)})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def store(path: Path, record: Record) -> None:
    """Writes it, under its name only when complete."""
    write_whole(path, json.dumps(asdict(record), default=lambda value: value.value) + "\n")


def _series(row: dict[str, Any]) -> Series:
    return Series(**{**row, "per_frame": tuple(row["per_frame"]), "averaging": Averaging(row["averaging"])})
