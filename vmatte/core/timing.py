"""Where time goes: meters that keep totals and quantiles in constant memory."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from vmatte.core.types import Stream

T = TypeVar("T")

# Buckets grow by 2 % each, so a quantile is right to within 1 %.
_STEP = math.log(1.02)


class Meter:
    """Collects durations under one name; safe to share between threads.

    >>> meter = Meter("model")
    >>> for seconds in (0.010, 0.020, 0.030):
    ...     meter.add(seconds)
    >>> meter.count, round(meter.total, 3), round(meter.quantile(0.5), 3)
    (3, 0.06, 0.02)
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self.total = 0.0
        self._buckets: Counter[int] = Counter()
        self._lock = threading.Lock()

    def add(self, seconds: float) -> None:
        """Counts one more duration."""
        bucket = round(math.log(max(seconds, 1e-7)) / _STEP)
        with self._lock:
            self.count += 1
            self.total += seconds
            self._buckets[bucket] += 1

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Counts the time spent inside the `with` block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(time.perf_counter() - start)

    def quantile(self, share: float) -> float:
        """Seconds that `share` of the durations stayed within, to 1 %; 0 when there are none."""
        with self._lock:
            rank = math.ceil(share * self.count)
            for bucket in sorted(self._buckets):
                rank -= self._buckets[bucket]
                if rank <= 0:
                    return math.exp(bucket * _STEP)
        return 0.0


def metered(items: Iterator[T], meter: Meter, inner: Meter | None = None) -> Stream[T]:
    """Passes `items` on, counting the time each takes to arrive, less what `inner` counted meanwhile.

    `inner` is the meter of the iterator that `items` itself reads from on the same thread, so nested
    stages each count their own work only.
    """
    try:
        while True:
            before = inner.total if inner else 0.0
            start = time.perf_counter()
            try:
                item = next(items)
            except StopIteration:
                return
            spent = time.perf_counter() - start
            meter.add(max(0.0, spent - ((inner.total - before) if inner else 0.0)))
            yield item
            del item
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()
