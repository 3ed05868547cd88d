"""What a batch looks like while it runs: how each job stands, how fast it goes and when it will be done."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vmatte.run.batch.outlook import Outlook
from vmatte.run.batch.task import Advanced, Began, Ended, Event, Outcome, Retried, State, Task

# How much of the speed just seen goes into the speed shown: shown without, it flickers.
_FRESH = 0.3


@dataclass
class Line:
    """One job.

    Attributes:
        task: What it is.
        outlook: What was known of it before.
        state: How it stands.
        worker: What runs it.
        done: Frames.
        total: Frames there are; None when only decoding will tell.
        fps: Frames a second, of late.
        since: When it began, on the board's clock.
        tries: How often it was begun.
        outcome: How it ended, or how its last try did.
    """

    task: Task
    outlook: Outlook
    state: State = State.waiting
    worker: str = ""
    done: int = 0
    total: int | None = None
    fps: float = 0.0
    since: float = 0.0
    tries: int = 0
    outcome: Outcome | None = None
    _at: float = 0.0

    @property
    def left(self) -> float | None:
        """Seconds until it is done, at the speed it goes; None when nobody knows."""
        return (self.total - self.done) / self.fps if self.total is not None and self.fps > 0 else None

    def begin(self, worker: str, now: float) -> None:
        """A worker has it."""
        self.state, self.worker, self.since, self._at = State.running, worker, now, now
        self.done, self.fps, self.tries = 0, 0.0, self.tries + 1

    def advance(self, done: int, total: int | None, now: float) -> None:
        """Frames are done."""
        if done > self.done and now > self._at:
            speed = (done - self.done) / (now - self._at)
            self.fps = speed if not self.fps else _FRESH * speed + (1 - _FRESH) * self.fps
        if done != self.done or not done:
            self._at = now
        self.done, self.total = done, total


class Board:
    """All jobs of a batch; told of events, asked for its state.

    Args:
        tasks: All of them.
        outlooks: What is known of those that run.
        outcomes: Of those that need not run.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        outlooks: Mapping[int, Outlook],
        outcomes: Mapping[int, Outcome],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self.lines = {task.number: Line(task, outlooks.get(task.number, Outlook())) for task in tasks}
        self.running: dict[int, Line] = {}
        self.failed: list[Line] = []
        self.counts = Counter({State.waiting: len(tasks)})
        for line in self.lines.values():
            line.total = line.outlook.frames
        for number, outcome in outcomes.items():
            self._settle(self.lines[number], outcome)
        self.started = clock()
        self._work = sum(line.total or 0 for line in self.lines.values() if line.state is State.waiting)
        self._finished = 0

    def __call__(self, event: Event) -> None:
        """Takes an event in."""
        if not isinstance(event, Began | Advanced | Ended | Retried):
            return
        line = self.lines[event.number]
        if isinstance(event, Began):
            self._move(line, State.running)
            line.begin(event.worker, self._clock())
            self.running[event.number] = line
        elif isinstance(event, Advanced):
            line.advance(event.done, event.total, self._clock())
        elif isinstance(event, Retried):
            self.running.pop(event.number, None)
            self._move(line, State.waiting)
            line.outcome = event.outcome
        else:
            self.running.pop(event.number, None)
            self._finished += line.outlook.frames or 0
            self._settle(line, event.outcome)

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return self._clock() - self.started

    @property
    def left(self) -> float | None:
        """Seconds until all is done, at the speed of all workers together so far; None when nobody knows."""
        done = self._finished + sum(min(line.done, line.outlook.frames or 0) for line in self.running.values())
        return (self._work - done) * self.elapsed / done if done and self._work else None

    def _settle(self, line: Line, outcome: Outcome) -> None:
        self._move(line, outcome.state)
        line.outcome = outcome
        if outcome.state is State.failed:
            self.failed.append(line)

    def _move(self, line: Line, state: State) -> None:
        self.counts[line.state] -= 1
        self.counts[state] += 1
        line.state = state
