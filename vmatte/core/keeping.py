"""What the parts of a pipeline leave behind at the end of a segment, so that an interrupted run can go on from there.

A segment ends before a frame. A part keeps its state when it is about to take that frame in, and never in between; a
part that gives mattes out some frames late keeps what it still holds. So no part has to wait for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from vmatte.core.types import Frame, Matte, Stream

T = TypeVar("T")


class Keeper(Protocol):
    """Where one part keeps its state, and finds it in a run that goes on."""

    @property
    def kept(self) -> Any:  # noqa: ANN401  every part knows its own
        """The state to go on from; None in a run that starts."""

    def due(self, index: int) -> bool:
        """Whether a segment ends before this frame."""

    def keep(self, index: int, state: object) -> None:
        """Keeps the state before this frame, as it is now."""


class Forgetful:
    """A Keeper for runs that are not to be gone on with."""

    kept = None

    def due(self, index: int) -> bool:
        """Never."""
        return False

    def keep(self, index: int, state: object) -> None:
        """Does nothing."""


FORGETFUL = Forgetful()


def noted(
    items: Iterator[T],
    keeper: Keeper,
    state: Callable[[], object],
    index: Callable[[T], int] = lambda item: _index(item),
) -> Stream[T]:
    """Passes items on; where a segment ends before one, the reader's state is kept first.

    Args:
        items: Mattes, or what `index` knows the frame number of.
        keeper: Keeps it.
        state: The reader's state while it waits for its next item.
        index: Number of an item's frame.
    """
    for item in items:
        if keeper.due(index(item)):
            keeper.keep(index(item), state())
        yield item
        del item


def _index(item: object) -> int:
    assert isinstance(item, Matte)
    return item.frame.index


class Parts:
    """Frames in parts that end where segments do, for models that look at several frames at once.

    >>> from vmatte.core.keeping import FORGETFUL
    >>> parts = Parts(iter(()), FORGETFUL)
    >>> parts.more()
    False
    """

    def __init__(self, frames: Iterator[Frame], keeper: Keeper) -> None:
        self._frames, self._keeper = frames, keeper
        self._ahead: Frame | None = None

    def more(self) -> bool:
        """Whether there is another part."""
        if self._ahead is None:
            self._ahead = next(self._frames, None)
        return self._ahead is not None

    def part(self) -> Stream[Frame]:
        """The frames of the next part; to be read to its end."""
        frame, self._ahead = self._ahead, None
        while frame is not None:
            yield frame
            frame = None  # it must not live on while the next one is made
            frame = next(self._frames, None)
            if frame is not None and self._keeper.due(frame.index):
                self._ahead, frame = frame, None

    def end(self, state: object) -> None:
        """Keeps the state after a part that another one follows."""
        if self._ahead is not None:
            self._keeper.keep(self._ahead.index, state)
