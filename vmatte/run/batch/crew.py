"""The workers of a cluster, seen from the batch: hired, given tasks, listened to, let go."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vmatte.core.errors import ConfigError
from vmatte.run.batch.digest import code
from vmatte.run.batch.hand import GRACE, Hand
from vmatte.run.batch.need import Need
from vmatte.run.batch.share import Share
from vmatte.run.batch.task import Ended, Event, Outcome, State, Task, Work

# So many workers in a row that cannot even start are no accident.
_MOST_FALSE_STARTS = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """What a worker is given.

    Attributes:
        need: Memory, and whether a GPU is of use.
        gpu: Whether it has one.
        cores: As many.
    """

    need: Need
    gpu: bool
    cores: int

    def fits(self, other: Kind) -> bool:
        """Whether a worker of this kind can do what another was meant for."""
        return self.need.memory >= other.need.memory and self.gpu == other.gpu


class Hired:
    """One worker."""

    def __init__(self, ray: Any, kind: Kind, name: str, making: Callable[[], Work]) -> None:  # noqa: ANN401
        self.kind, self.name, self.host = kind, name, ""
        self.task: Task | None = None
        self.heard = time.monotonic()
        actor = ray.remote(Hand).options(
            num_cpus=kind.cores,
            num_gpus=1 if kind.gpu else 0,
            memory=kind.need.memory,
            max_concurrency=2,  # one that works and waits to be asked, one that can be told to stop
            max_restarts=0,
        )
        environment = dict(Share(name, kind.cores).environment)
        made = pickle.dumps(making)
        self._ray, self._actor = ray, actor.remote(environment, str(Path.cwd()), kind.gpu, kind.cores, made)
        #: What is waited for; None when there is nothing to wait for.
        self.answer: Any = self._actor.facts.remote()

    @property
    def starting(self) -> bool:
        """Whether it has not said yet where it is."""
        return not self.host

    @property
    def idle(self) -> bool:
        """Whether it waits for a task."""
        return not self.starting and self.task is None

    def give(self, task: Task) -> None:
        """Hands a task over."""
        self.task, self.heard = task, time.monotonic()
        self.answer = self._actor.begin.remote(task)

    def greeted(self) -> None:
        """Takes its first word.

        Raises:
            ConfigError: It runs other code than this machine, whose results would not be ours.
        """
        facts = self._ray.get(self.answer)
        if facts["code"] != code():
            raise ConfigError(
                f"the node {facts['host']} has vmatte {facts['code']}, this machine {code()}: install the same on all"
            )
        self.host, self.answer = f"{facts['host']}, process {facts['process']}", None

    def told(self) -> list[Event]:
        """What it has to say of its task, which it is asked again unless that has ended."""
        events: list[Event] = self._ray.get(self.answer)
        if events:
            self.heard = time.monotonic()
        if any(isinstance(event, Ended) for event in events):
            self.task = self.answer = None
        else:
            self.answer = self._actor.listen.remote()
        return events

    def stop(self) -> Any:  # noqa: ANN401  something to wait for
        """Asks it to take back what it has half-written."""
        return self._actor.stop.remote()

    def end(self) -> None:
        """Ends its process, whatever it does."""
        self._ray.kill(self._actor)


class Crew:
    """All workers of a batch.

    Args:
        ray: Ray, connected.
        making: Makes what runs the tasks.
        patience: Seconds without progress after which a worker is taken to hang; 0 waits for ever.
    """

    def __init__(self, ray: Any, making: Callable[[], Work], patience: float) -> None:  # noqa: ANN401
        self._ray, self._making, self._patience = ray, making, patience
        self._hired: list[Hired] = []
        self._count = self._false_starts = 0

    def __len__(self) -> int:
        return len(self._hired)

    def __iter__(self) -> Iterator[Hired]:
        return iter(list(self._hired))

    @property
    def busy(self) -> bool:
        """Whether any has a task."""
        return any(hired.task is not None for hired in self._hired)

    def hire(self, kind: Kind) -> None:
        """One more; the cluster starts it where there is room, when there is."""
        self._count += 1
        name = f"{'gpu' if kind.gpu else 'cpu'} {self._count}"
        self._hired.append(Hired(self._ray, kind, name, self._making))

    def dismiss(self, hired: Hired) -> None:
        """One less."""
        self._hired.remove(hired)
        hired.end()

    def listen(self, seconds: float) -> list[Event]:
        """What has happened, waited for so long at most; a worker that died or hangs is gone afterwards."""
        waiting = {hired.answer: hired for hired in self._hired if hired.answer is not None}
        if not waiting:
            time.sleep(seconds)
            return []
        self._ray.wait(list(waiting), num_returns=1, timeout=seconds)
        # What else there is by now, which costs no further waiting.
        ready, _ = self._ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
        events = [event for answer in ready for event in self._heard(waiting[answer])]
        return events + [event for hired in list(self._hired) for event in self._hanging(hired)]

    def _heard(self, hired: Hired) -> Sequence[Event]:
        try:
            if hired.starting:
                hired.greeted()
                self._false_starts = 0
                return []
            return hired.told()
        except (self._ray.exceptions.RayError, OSError) as error:
            if hired.starting:
                self._check_start(error)
            return self._lost(hired, f"its worker died on {hired.host}: {_short(error)}")

    def _check_start(self, error: Exception) -> None:
        """A node that dies takes those with it that start there; but one that cannot start will not another time."""
        self._false_starts += "creation task" in str(error) or isinstance(error, self._ray.exceptions.RayTaskError)
        if self._false_starts >= _MOST_FALSE_STARTS:
            raise ConfigError(
                f"workers cannot start on the cluster: {_last(error)}; is this vmatte installed on all nodes?"
            ) from error

    def _hanging(self, hired: Hired) -> Sequence[Event]:
        if hired.task is None or not self._patience or time.monotonic() - hired.heard <= self._patience:
            return []
        return self._lost(hired, f"its worker on {hired.host} gave no sign of life for {self._patience:g} s")

    def _lost(self, hired: Hired, text: str) -> Sequence[Event]:
        task = hired.task
        # It may only be out of reach: two must never work on one job.
        self.dismiss(hired)
        return [] if task is None else [Ended(task.number, Outcome(State.failed, text, "died", True))]

    def end(self) -> None:
        """Ends all of them, after those that work have taken back what they had half-written."""
        working = [hired.stop() for hired in self._hired if hired.task is not None]
        if working:
            self._ray.wait(working, num_returns=len(working), timeout=GRACE)
        for hired in self:
            self.dismiss(hired)


def _last(error: Exception) -> str:
    """The last line of what Ray tells at length: of a failed start, the reason."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:200]


def _short(error: Exception) -> str:
    """The first line of what Ray tells at length."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200]
