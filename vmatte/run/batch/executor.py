"""Who runs tasks: the protocol, and the executor that runs them right here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from vmatte.run.batch.performer import Performer
from vmatte.run.batch.task import Advanced, Began, Ended, Take, Tell, Work


class Executor(Protocol):
    """Runs tasks somewhere; asks for the next one when it has room, so a queue of any length stays with its owner."""

    @property
    def workers(self) -> list[str]:
        """What runs tasks side by side, for people."""

    def run(self, take: Take, tell: Tell) -> None:
        """Runs tasks until `take` has none left and none is running.

        Every task that was taken ends in exactly one `Ended`, also when its worker dies; `tell` may put a task back
        for `take` to hand out again. When this is left by an exception, nothing goes on running.

        Args:
            take: Gives the next task; None when there is none right now.
            tell: Told of everything that happens, on the calling thread.
        """


class Inline:
    """Runs one task after another in this process.

    Args:
        making: Makes what runs the tasks.
    """

    def __init__(self, making: Callable[[], Work] = Performer) -> None:
        self._making = making

    @property
    def workers(self) -> list[str]:
        """One: this process."""
        return ["here"]

    def run(self, take: Take, tell: Tell) -> None:
        """As in `Executor`."""
        work = self._making()
        while (task := take()) is not None:
            number = task.number
            tell(Began(number, "here"))

            def advance(done: int, total: int | None, number: int = number) -> None:
                tell(Advanced(number, done, total))

            tell(Ended(number, work(task, advance)))
