"""What is to be done about a job, by what lies in the output folder already."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from enum import Enum
from typing import Any

from vmatte.run.batch.digest import Stands, difference
from vmatte.run.batch.elsewhere import lies_elsewhere
from vmatte.run.batch.perform import reported
from vmatte.run.batch.share import cores
from vmatte.run.batch.task import Outcome, State, Task
from vmatte.run.report import read_report


class Rerun(Enum):
    """Which jobs run that have a finished result.

    `changed` runs those whose settings, code, weights, clip or hints have changed, or whose outputs are not what was
    written; `failed` leaves them alone and runs what has no result; `all` runs everything.
    """

    failed = "failed"
    changed = "changed"
    all = "all"


def standing(task: Task, rerun: Rerun, stands: Stands | None = None) -> tuple[Task, Outcome | None]:
    """The task as it is to run, and its outcome when it need not.

    Results that a report of ours stands beside may be replaced; other files may not.

    Args:
        task: The task.
        rerun: Which tasks run that have a result.
        stands: As for `difference`.
    """
    path = reported(task)
    data = read_report(path)
    task = replace(task, job=replace(task.job, overwrite=task.job.overwrite or data is not None))
    if data is None or rerun is Rerun.all:
        return task, None
    changed = difference(task, data, path, stands)
    if not changed:
        return task, _kept(task, data, State.skipped, "done before")
    if rerun is Rerun.failed:
        return task, _kept(task, data, State.left, f"{changed}; left alone, as --rerun failed asks")
    return task, None


def standing_of_all(tasks: Sequence[Task], rerun: Rerun) -> tuple[list[Task], dict[int, Outcome]]:
    """All tasks as they are to run, and the outcomes of those that need not, by number."""

    def stood(task: Task) -> tuple[Task, Outcome | None]:
        # Whoever fetches the files of such a task decides.
        return (replace(task, rerun=rerun.value), None) if lies_elsewhere(task) else standing(task, rerun)

    # Hashing large files leaves the interpreter to others.
    with ThreadPoolExecutor(min(8, cores()), thread_name_prefix="vmatte-standing") as threads:
        found = list(threads.map(stood, tasks))
    return [task for task, _ in found], {task.number: kept for task, kept in found if kept is not None}


def _kept(task: Task, data: dict[str, Any], state: State, text: str) -> Outcome:
    return Outcome(state, text, report=reported(task), frames=int(data.get("frames", 0)))
