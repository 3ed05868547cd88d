"""Runs a batch: hands tasks to an executor, tries failed ones again, and keeps how each ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from vmatte.run.batch.executor import Executor
from vmatte.run.batch.task import Ended, Event, Outcome, Retried, State, Take, Task

Listener = Callable[[Event], None]


class Between(Protocol):
    """What stands between a queue and its listener."""

    def take(self) -> Task | None:
        """As `Take`."""

    def tell(self, event: Event) -> None:
        """As `Tell`."""


Splitting = Callable[[Take, Listener], Between]


def run_batch(
    tasks: Sequence[Task],
    executor: Executor,
    retries: int = 1,
    listener: Listener = lambda event: None,
    splitting: Splitting | None = None,
) -> Mapping[int, Outcome]:
    """Runs every task to an end of its own; none stops the others.

    Args:
        tasks: What to run, in this order; those tried again come last.
        executor: What runs them.
        retries: How often a task is tried again whose failure may pass: not those of a wrong setting, a clip that
            cannot be read or a hint that does not fit.
        listener: Told of everything that happens.
        splitting: Makes what hands out long clips in parts; None leaves every clip to one worker.

    Returns:
        How each task ended, by its number.
    """
    waiting = iter(tasks)
    outcomes: dict[int, Outcome] = {}

    def tell(event: Event) -> None:
        if isinstance(event, Ended):
            outcomes[event.number] = event.outcome
        listener(event)

    def source() -> Task | None:
        return next(waiting, None)

    if splitting is None:
        drive(source, executor, retries, tell)
    else:
        splits = splitting(source, tell)
        drive(splits.take, executor, retries, splits.tell)
    return outcomes


def drive(source: Take, executor: Executor, retries: int, listener: Listener) -> None:
    """Runs whatever tasks `source` gives, until it has none and none is running; holds only those that run.

    Args:
        source: Gives the next task; None when there is none right now.
        executor: As in `run_batch`.
        retries: As in `run_batch`.
        listener: As in `run_batch`.
    """
    running: dict[int, Task] = {}
    again: deque[Task] = deque()

    def take() -> Task | None:
        task = source()
        if task is None and again:
            task = again.popleft()
        if task is not None:
            running[task.number] = task
        return task

    def tell(event: Event) -> None:
        if isinstance(event, Ended):
            task, outcome = running.pop(event.number), event.outcome
            if outcome.state is State.failed and outcome.again and task.attempt <= retries:
                again.append(replace(task, attempt=task.attempt + 1))
                event = Retried(event.number, outcome)
        listener(event)

    executor.run(take, tell)
