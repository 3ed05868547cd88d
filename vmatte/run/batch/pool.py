"""The executor of one machine: a process a worker, started afresh so that none inherits threads or a GPU's state."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from vmatte.run.batch.performer import Performer
from vmatte.run.batch.share import Share, environment
from vmatte.run.batch.task import Began, Ended, Outcome, State, Take, Task, Tell, Ticked, Work
from vmatte.run.batch.worker import serve

# Seconds between two looks at the clock.
_TICK = 0.2
# Seconds a worker gets to take back what it has half-written.
_GRACE = 10.0


class Processes:
    """Runs tasks on several processes side by side. A worker that dies fails its task and is replaced.

    Args:
        shares: Of the workers.
        patience: Seconds without a sign of life after which a worker is taken to hang, and is killed; 0 waits for ever.
        making: Makes what runs the tasks, in each worker; can be pickled.
    """

    def __init__(self, shares: Sequence[Share], patience: float = 0.0, making: Callable[[], Work] = Performer) -> None:
        self._shares, self._patience, self._making = list(shares), patience, making

    @property
    def workers(self) -> list[str]:
        """As in `Executor`."""
        return [share.name for share in self._shares]

    def run(self, take: Take, tell: Tell) -> None:
        """As in `Executor`."""
        crew = [_Worker(share, self._making) for share in self._shares]
        try:
            while True:
                for worker in crew:
                    if worker.task is None and (task := take()) is not None:
                        tell(Began(task.number, worker.share.name))
                        worker.give(task)
                busy = [worker for worker in crew if worker.task is not None]
                if not busy:
                    return
                wait([handle for worker in busy for handle in worker.handles], _TICK)
                for worker in busy:
                    worker.listen(tell, self._patience)
                tell(Ticked())
        finally:
            _end(crew)


class _Worker:
    """One process, started when there is work for it and again when it has died."""

    def __init__(self, share: Share, making: Callable[[], Work]) -> None:
        self.share, self._making = share, making
        self.task: Task | None = None
        self._process: SpawnProcess | None = None
        self._pipe: Connection[Any, Any] | None = None
        self._heard = 0.0

    @property
    def handles(self) -> list[Any]:
        """What to wait for."""
        assert self._process is not None
        return [self._pipe, self._process.sentinel]

    def give(self, task: Task) -> None:
        """Hands a task over; what goes wrong with that is heard by `listen`."""
        if self._process is None or not self._process.is_alive():
            self._start()
        assert self._pipe is not None
        self.task, self._heard = task, time.monotonic()
        try:
            self._pipe.send(task)
        except OSError:
            return

    def _start(self) -> None:
        self._close()
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=serve, args=(theirs, self.share, self._making), name="vmatte-worker", daemon=True
        )
        with environment(self.share.environment):
            self._process.start()
        theirs.close()

    def listen(self, tell: Tell, patience: float) -> None:
        """Passes on what the worker says, and says it for one that is dead or hangs."""
        assert self._pipe is not None
        assert self._process is not None
        try:
            while self.task is not None and self._pipe.poll():
                event = self._pipe.recv()
                self._heard = time.monotonic()
                if isinstance(event, Ended):
                    self.task = None
                tell(event)
        except (EOFError, OSError):
            self._process.join(_GRACE)
        if self.task is None:
            return
        if not self._process.is_alive():
            self._lost(tell, _death(self._process.exitcode))
        elif patience and time.monotonic() - self._heard > patience:
            self._process.kill()
            self._process.join()
            self._lost(tell, f"its worker gave no sign of life for {patience:g} s and was ended")

    def _lost(self, tell: Tell, text: str) -> None:
        assert self.task is not None
        number, self.task = self.task.number, None
        self._close()
        tell(Ended(number, Outcome(State.failed, text, "died", True)))

    def ask_to_end(self) -> None:
        """A worker without a task ends when its pipe does; one with a task takes back what it has written."""
        if self._process is None:
            return
        if self.task is not None and self._process.is_alive():
            self._process.terminate()
        elif self._pipe is not None:
            self._pipe.close()

    def make_end(self, deadline: float) -> None:
        """Waits for it, and kills it after the deadline."""
        if self._process is None:
            return
        self._process.join(max(0.0, deadline - time.monotonic()))
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._close()

    def _close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None and not self._process.is_alive():
            self._process.close()
            self._process = None
        self._pipe = None


def _end(crew: Sequence[_Worker]) -> None:
    for worker in crew:
        worker.ask_to_end()
    deadline = time.monotonic() + _GRACE
    for worker in crew:
        worker.make_end(deadline)


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        why = ": memory may have run out" if name == "SIGKILL" else ""
        return f"its worker was ended by {name}{why}"
    return f"its worker ended by itself with code {code}"
