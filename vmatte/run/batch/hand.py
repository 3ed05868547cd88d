"""The worker of a cluster, on its node: runs one task at a time in a thread, and says how it goes when asked.

Whoever asks waits here until there is something to say, so a job without a word costs one question in a while, and a
job of no length costs a single one. Nothing but tasks and events travels: clips and results go between the worker and
the storage. Only the standard library is imported before the environment stands, for libraries read it when they load.
"""

from __future__ import annotations

import os
import pickle
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmatte.run.batch.task import Advanced, Ended, Event, Task

# Seconds that progress gathers before it is passed on, and after which a question is answered in any case.
_BETWEEN, _ROUND = 0.3, 5.0
# Seconds a job gets to take back what it has half-written.
GRACE = 10.0


class Hand:
    """What runs on a node.

    Args:
        environment: Variables to set, those of threads only where the node has none.
        folder: Where relative paths begin, if there is such a folder on this node.
        gpu: Whether a GPU was given; otherwise none is to be seen.
        threads: As many as it has cores.
        making: Makes what runs the tasks, pickled.
    """

    def __init__(self, environment: Mapping[str, str], folder: str, gpu: bool, threads: int, making: bytes) -> None:
        for name, value in environment.items():
            os.environ.setdefault(name, value)
        if not gpu:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        with suppress(OSError):
            os.chdir(folder)
        from vmatte.run.batch.share import Share

        self._share = Share("", threads)
        self._work = pickle.loads(making)()
        self._changed = threading.Condition()
        self._advanced: Advanced | None = None
        self._ended: Ended | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False

    def facts(self) -> dict[str, str]:
        """Where it runs, and what code it runs."""
        from vmatte.run.batch.digest import code

        return {"host": socket.gethostname(), "process": str(os.getpid()), "code": code()}

    def begin(self, task: Task) -> list[Event]:
        """Starts a task; the first that is to be said of it."""
        self._advanced = self._ended = None
        self._thread = threading.Thread(target=self._run, args=(task,), name="vmatte-job", daemon=True)
        self._thread.start()
        return self.listen()

    def listen(self) -> list[Event]:
        """What has happened since the last time; empty when nothing has for some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended is not None or self._advanced is not None, _ROUND)
            if self._advanced is not None:
                self._changed.wait_for(lambda: self._ended is not None, _BETWEEN)
            told: list[Event] = [event for event in (self._advanced, self._ended) if event is not None]
            self._advanced = None
            return told

    def stop(self) -> None:
        """Interrupts the task at its next frame and waits until it has taken back what it had half-written."""
        self._stopping = True
        if self._thread is not None:
            self._thread.join(GRACE)

    def _run(self, task: Task) -> None:
        from vmatte.run.batch.task import Ended, Outcome, State

        try:
            outcome = self._work(replace(task, plan=self._share.fitted(task.plan)), self._advance_of(task.number))
        except BaseException as error:  # an interrupt, or a bug of ours: the job must end in any case
            outcome = Outcome(State.failed, f"{type(error).__name__}: {error}", "stopped", True)
        with self._changed:
            self._ended = Ended(task.number, outcome)
            self._changed.notify_all()

    def _advance_of(self, number: int) -> Any:  # noqa: ANN401  a Progress
        from vmatte.run.batch.task import Advanced

        def advance(done: int, total: int | None) -> None:
            if self._stopping:
                raise KeyboardInterrupt
            with self._changed:
                self._advanced = Advanced(number, done, total)
                self._changed.notify_all()

        return advance
