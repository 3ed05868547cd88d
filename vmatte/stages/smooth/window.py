"""A sliding window: every item with the ones before and after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TypeVar

from vmatte.core.types import Stream

T = TypeVar("T")


def windows(items: Iterator[T], reach: int) -> Stream[dict[int, T]]:
    """For each item in turn: itself as 0, and up to `reach` items before (-1, -2) and after it (1, 2).

    >>> list(windows(iter("abc"), 1))
    [{0: 'a', 1: 'b'}, {-1: 'a', 0: 'b', 1: 'c'}, {-1: 'b', 0: 'c'}]
    """
    held: deque[T] = deque()
    centre = 0
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
