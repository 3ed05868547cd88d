"""Several encoders on different frames, results in order.

For encoders that keep nothing from one frame to the next: then the results do not depend on how many there are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Generic, TypeVar

J = TypeVar("J")
R = TypeVar("R")

# Each worker holds a picture and a frame (125 MB at 2160p), so a large machine does not give all it has.
_MOST_WORKERS = 8


def automatic_workers() -> int:
    """One worker per processor that this process may use, less one for decoding and the model."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(_MOST_WORKERS, processors - 1))


class Pool(Generic[J, R]):
    """Runs each job on one of `tools`, every tool being used by one thread at a time.

    At most `len(tools) + 1` jobs are unfinished or uncollected; `put` waits for room. An error in a tool is raised
    where its result would have come.
    """

    def __init__(self, tools: Sequence[Callable[[J], R]], name: str) -> None:
        self.limit = len(tools) + 1
        self._idle: SimpleQueue[Callable[[J], R]] = SimpleQueue()
        for tool in tools:
            self._idle.put(tool)
        self._running: deque[Future[R]] = deque()
        self._threads = ThreadPoolExecutor(len(tools), thread_name_prefix=f"vmatte-{name}")

    def put(self, job: J) -> list[R]:
        """Starts a job once there is room for it, and gives back the oldest results that are ready, in order."""
        done = []
        while len(self._running) >= self.limit:
            done.append(self._running.popleft().result())
        self._running.append(self._threads.submit(self._work, job))
        while self._running and self._running[0].done():
            done.append(self._running.popleft().result())
        return done

    def rest(self) -> Iterator[R]:
        """Waits for everything that was started and yields it."""
        while self._running:
            yield self._running.popleft().result()

    def close(self) -> None:
        """Drops what has not begun, waits for what has, and ends the threads."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._running.clear()

    def _work(self, job: J) -> R:
        tool = self._idle.get()
        try:
            return tool(job)
        finally:
            self._idle.put(tool)
