"""A worker's way of running task after task: its model stays loaded, and files behind URLs are fetched and put."""

from __future__ import annotations

import time
from dataclasses import replace

from vmatte.core.errors import VmatteError
from vmatte.run.batch.elsewhere import Staged, lies_elsewhere, staged
from vmatte.run.batch.perform import failure, perform, reported, tried
from vmatte.run.batch.split import make_part, remove_parts, survey
from vmatte.run.batch.standing import Rerun, standing
from vmatte.run.batch.task import Outcome, State, Task
from vmatte.run.batch.warm import Warm
from vmatte.run.clip import Progress


class Performer:
    """Runs one task after another."""

    def __init__(self) -> None:
        self._warm = Warm()

    def __call__(self, task: Task, progress: Progress) -> Outcome:
        """As `perform`."""
        if lies_elsewhere(task):
            outcome = self._far(task, progress)
        elif task.survey:
            outcome = tried(lambda: survey(task, progress))
        elif task.part is not None:
            outcome = tried(lambda: make_part(task, progress, self._warm))
        elif task.parts:
            outcome = perform(task, progress, self._warm)
            if outcome.state is State.done:
                remove_parts(task)
        else:
            outcome = perform(task, progress, self._warm)
        if outcome.state is State.failed:
            self._warm.cool()
        return outcome

    def _far(self, task: Task, progress: Progress) -> Outcome:
        started = time.monotonic()
        try:
            outcome: Outcome = staged(task, lambda found: self._near(found, progress))
        except (VmatteError, OSError) as error:
            # A network that failed may not fail the next time.
            return failure(error, True, started)
        return outcome

    def _near(self, found: Staged, progress: Progress) -> Outcome:
        """Runs a task whose files are here, unless what it would make is there already."""
        report = reported(found.task)
        rerun = Rerun(found.task.rerun)
        if rerun is not Rerun.all:
            found.bring_report(report)
        task, outcome = standing(found.task, rerun, found.stands if found.away else None)
        if outcome is None:
            outcome = perform(task, progress, self._warm)
            if outcome.state is State.done and outcome.report is not None:
                found.put(outcome.report)
        path = None if outcome.report is None else found.original(outcome.report)
        return replace(outcome, text=found.spoken(outcome.text), report=path)
