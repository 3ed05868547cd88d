"""Runs a batch: hands tasks to an executor, tries failed ones again, and keeps how each ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vmatte.run.batch.executor import Executor
from vmatte.run.batch.task import Ended, Event, Outcome, Retried, State, Task

Listener = Callable[[Event], None]


def run_batch(
    tasks: Sequence[Task], executor: Executor, retries: int = 1, listener: Listener = lambda event: None
) -> Mapping[int, Outcome]:
    """Runs every task to an end of its own; none stops the others.

    Args:
        tasks: What to run, in this order; those tried again come last.
        executor: What runs them.
        retries: How often a task is tried again whose failure may pass: not those of a wrong setting, a clip that
            cannot be read or a hint that does not fit.
        listener: Told of everything that happens.

    Returns:
        How each task ended, by its number.
    """
    by_number = {task.number: task for task in tasks}
    waiting = deque(tasks)
    outcomes: dict[int, Outcome] = {}

    def take() -> Task | None:
        return waiting.popleft() if waiting else None

    def tell(event: Event) -> None:
        if isinstance(event, Ended):
            task, outcome = by_number[event.number], event.outcome
            if outcome.state is State.failed and outcome.again and task.attempt <= retries:
                by_number[event.number] = again = replace(task, attempt=task.attempt + 1)
                waiting.append(again)
                event = Retried(event.number, outcome)
            else:
                outcomes[event.number] = outcome
        listener(event)

    executor.run(take, tell)
    return outcomes
