"""How a batch ended, for programs: JSON and CSV, one row a job."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from vmatte.core.whole import write_whole
from vmatte.run.batch.elsewhere import told
from vmatte.run.batch.task import Outcome, State, Task
from vmatte.run.report import versions

_COLUMNS = ("clip", "state", "frames", "seconds", "fps", "bytes", "attempts", "kind", "text", "report")
# A spreadsheet takes a cell that begins like this for a formula, and would run it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows(tasks: Sequence[Task], outcomes: Mapping[int, Outcome], tries: Mapping[int, int]) -> list[dict[str, Any]]:
    """One row a job, in the order of the batch; a job without an outcome never ran to an end."""
    return [_row(task, outcomes.get(task.number), tries.get(task.number, 0)) for task in tasks]


def write_summary(folder: Path, found: Sequence[Mapping[str, Any]], seconds: float, stem: str = "batch") -> list[Path]:
    """Writes `batch.json` and `batch.csv` (or of another stem) into a folder, whole or not at all; their paths."""
    counts = Counter(str(row["state"]) for row in found)
    data = {"jobs": list(found), "counts": counts, "seconds": round(seconds, 3), "versions": versions()}
    texts = {f"{stem}.json": json.dumps(data, indent=2) + "\n", f"{stem}.csv": as_csv(found)}
    for name, text in texts.items():
        write_whole(folder / name, text)
    return [folder / name for name in texts]


def as_csv(found: Sequence[Mapping[str, Any]]) -> str:
    """As CSV; text that a spreadsheet would run as a formula gets a quote before it.

    >>> as_csv([{"clip": "=1+1.mp4", "state": "done"}]).splitlines()[1]
    "'=1+1.mp4,done,,,,,,,,"
    """
    text = StringIO(newline="")
    writer = csv.DictWriter(text, _COLUMNS, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows({key: _safe(value) for key, value in row.items()} for row in found)
    return text.getvalue()


def _row(task: Task, outcome: Outcome | None, tries: int) -> dict[str, Any]:
    outcome = outcome or Outcome(State.waiting)
    # What a job took that did not run now is in its report.
    ran = outcome.seconds > 0
    return {
        "clip": told(task.job.clip),
        "state": outcome.state.value,
        "frames": outcome.frames,
        "seconds": round(outcome.seconds, 3) if ran else None,
        "fps": round(outcome.fps, 3) if ran else None,
        "bytes": outcome.bytes or None,
        "attempts": tries,
        "kind": outcome.kind,
        "text": outcome.text,
        "report": "" if outcome.report is None else told(outcome.report),
        "warnings": list(outcome.warnings),
    }


def _safe(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
