"""Results that were given their names by a run that died before its report: the same job may replace them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from vmatte.core.whole import write_whole
from vmatte.io.writers.partial import explained
from vmatte.run.outputs import report_path
from vmatte.run.plan import Job


def begin(report: Path, results: Sequence[Path]) -> None:
    """Notes which names a run is about to give; on the disk before the first of them is."""
    mark = _mark(report)
    with explained(mark):
        write_whole(mark, json.dumps([str(path.absolute()) for path in results]))


def end(report: Path) -> None:
    """The report is written: nothing is half-done any more."""
    with suppress(OSError):
        _mark(report).unlink(missing_ok=True)


def unfinished(job: Job, model: str) -> Job:
    """The job, allowed to replace what its own last run published without getting to its report.

    Files that came later than that are somebody's.
    """
    mark = _mark(report_path(job, model))
    try:
        then = mark.stat().st_mtime_ns
        paths = [Path(text) for text in json.loads(mark.read_text(encoding="utf-8"))]
        later = any(path.stat().st_mtime_ns > then for path in paths if path.exists())
    except (OSError, ValueError, TypeError):
        return job
    return job if later else replace(job, overwrite=True)


def _mark(report: Path) -> Path:
    return report.with_name(f"{report.name}.publishing")
