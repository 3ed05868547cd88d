"""A sliding window: every item with the ones before and after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TypeVar

from vmatte.core.types import Stream

T = TypeVar("T")


def windows(items: Iterator[T], reach: int, held: deque[T] | None = None) -> Stream[dict[int, T]]:
    """For each item in turn: itself as 0, and up to `reach` items before (-1, -2) and after it (1, 2).

    `held` is given to keep what is held between two items, and to go on from it.

    >>> list(windows(iter("abc"), 1))
    [{0: 'a', 1: 'b'}, {-1: 'a', 0: 'b', 1: 'c'}, {-1: 'b', 0: 'c'}]
    """
    held = deque() if held is None else held
    centre = max(0, len(held) - reach)
    for item in items:
        held.append(item)
        if len(held) - centre > reach:
            yield _around(held, centre)
            if centre == reach:
                held.popleft()
            centre = min(centre + 1, reach)
    while centre < len(held):
        yield _around(held, centre)
        if centre == reach:
            held.popleft()
        else:
            centre += 1


def _around(held: deque[T], centre: int) -> dict[int, T]:
    return {place - centre: item for place, item in enumerate(held)}
