"""Back-pressure between threads: an iterator that runs ahead of its reader, but only so far.

Errors of the worker are raised in the reader, in place; closing joins the worker and closes what it reads from.
Close last opened first, for a worker may be waiting for the one before it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from vmatte.core.types import Stream

T = TypeVar("T")
R = TypeVar("R")


class Prefetch(Generic[T]):
    """Runs `items` in a thread of its own, at most `depth` items ahead of the reader.

    Attributes:
        depth: The bound of the queue.
    """

    def __init__(self, items: Iterator[T], depth: int, name: str) -> None:
        if depth < 1:
            raise ValueError(f"depth must be at least 1, not {depth}")
        self.depth = depth
        self._items = items
        self._ready: deque[T] = deque()
        self._changed = threading.Condition()
        self._stop = self._done = False
        self._error: BaseException | None = None
        self._reads = self._seen = 0
        self._thread = threading.Thread(target=self._run, name=f"vmatte-{name}", daemon=True)
        self._thread.start()

    @property
    def fill(self) -> float:
        """Mean share of the queue that was full when the reader came, in [0, 1]."""
        return self._seen / (self._reads * self.depth) if self._reads else 0.0

    def __iter__(self) -> Prefetch[T]:
        return self

    def __next__(self) -> T:
        with self._changed:
            if not self._done:
                # The tail of a clip empties every queue and says nothing about who was slower.
                self._reads += 1
                self._seen += len(self._ready)
            while not self._ready and not self._done:
                self._changed.wait()
            if self._ready:
                item = self._ready.popleft()
                self._changed.notify_all()
                return item
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        raise StopIteration

    def close(self) -> None:
        """Stops the worker, waits for it and drops what it had prepared."""
        with self._changed:
            self._stop = True
            self._ready.clear()
            self._changed.notify_all()
        self._thread.join()
        self._ready.clear()

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    break
                del item  # a finished frame must not live on while the next one is made
        except BaseException as error:
            self._error = error
        finally:
            close = getattr(self._items, "close", None)
            try:
                if close is not None:
                    close()
            except BaseException as error:
                self._error = self._error or error
            with self._changed:
                self._done = True
                self._changed.notify_all()

    def _put(self, item: T) -> bool:
        with self._changed:
            while len(self._ready) >= self.depth and not self._stop:
                self._changed.wait()
            if not self._stop:
                self._ready.append(item)
                self._changed.notify_all()
            return not self._stop


def ordered(work: Callable[[T], R], items: Iterable[T], workers: int, ahead: int = 1) -> Stream[R]:
    """Maps `work` over `items` on several threads; results come in order, at most `workers + ahead` in flight."""
    with ThreadPoolExecutor(workers, thread_name_prefix="vmatte-map") as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= workers + ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
