"""Works on a folder for as long as it is told to: every clip that is complete becomes a task."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from vmatte.core.errors import VmatteError
from vmatte.run.batch.driver import Listener, drive
from vmatte.run.batch.executor import Executor
from vmatte.run.batch.inbox import Inbox
from vmatte.run.batch.standing import Rerun, standing
from vmatte.run.batch.task import Ended, Event, Outcome, State, Task

MakeTask = Callable[[int, Path], Task]


class Watcher:
    """Hands the clips of an inbox to an executor.

    Args:
        inbox: Where clips arrive.
        task: Makes a task of a clip.
        listener: Told of everything that happens, and of clips that make no task as tasks that ended.
        once: Whether to end when nothing is left; otherwise only an interrupt ends it.
        every: Seconds between two looks at the folder.
        pause: Waits for so many seconds.
    """

    def __init__(
        self,
        inbox: Inbox,
        task: MakeTask,
        listener: Listener,
        once: bool = False,
        every: float = 1.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._inbox, self._make, self._listener = inbox, task, listener
        self._once, self._every, self._pause = once, every, pause
        self._ready: deque[Path] = deque()
        self._at_work: dict[int, Task] = {}
        self._looked = -every
        self._count = 0
        self.failed = 0

    def run(self, executor: Executor, retries: int) -> None:
        """Works until there is nothing left, or for ever."""
        drive(self._take, executor, retries, self._tell)

    def _take(self) -> Task | None:
        while True:
            self._look()
            while self._ready:
                if (task := self._task(self._ready.popleft())) is not None:
                    return task
            # Workers that have nothing to do are kept, their models loaded: only then may this wait.
            if self._at_work or (self._once and self._inbox.empty):
                return None
            self._pause(self._every)

    def _look(self) -> None:
        if time.monotonic() - self._looked >= self._every:
            self._ready.extend(self._inbox.complete())
            self._looked = time.monotonic()

    def _task(self, clip: Path) -> Task | None:
        """The task of a clip; None when there is nothing to run, and the clip has left."""
        self._count += 1
        try:
            task = self._make(self._count, clip)
        except VmatteError as error:
            self._inbox.leave(clip, f"{type(error).__name__}: {error}")
            self.failed += 1
            return None
        # Its results may be there from a time when this was stopped before it could move the clip.
        found, kept = standing(task, Rerun.changed)
        if kept is None and found.job.overwrite and not task.job.overwrite:
            text = "results of another clip of this name, or made otherwise, are there: rename it, or say --overwrite"
            kept = Outcome(State.failed, text, "OutputError")
        self._at_work[found.number] = found
        if kept is None:
            return found
        self._tell(Ended(found.number, kept))
        return None

    def _tell(self, event: Event) -> None:
        self._listener(event)
        if isinstance(event, Ended):
            clip = self._at_work.pop(event.number).job.clip
            failed = event.outcome.state is State.failed
            self.failed += failed
            self._inbox.leave(clip, _why(event.outcome) if failed else "")


def _why(outcome: Outcome) -> str:
    return f"{outcome.kind}: {outcome.text}"
