"""One process at a time changes a folder of the store; the others wait and use what it made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from vmatte.weights.disk import explained

LOCK = ".lock"


@contextmanager
def locked(folder: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Holds the folder, made if need be. The system lets go of it when the process ends, however it ends.

    Args:
        folder: What to hold.
        waiting: Called once if somebody else holds it.

    Raises:
        WeightsError: The folder cannot be made or written.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waiting()
            lock.acquire()
    try:
        yield
    finally:
        lock.release()
