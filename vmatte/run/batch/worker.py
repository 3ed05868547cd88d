"""The process of a worker: takes tasks from a pipe, sends events back, ends when the pipe does."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from types import FrameType

from vmatte.run.batch.share import Share
from vmatte.run.batch.task import Advanced, Ended, Task, Work

# Seconds between two words of progress: a table is redrawn no more often.
_BETWEEN = 0.2

_working = False


def serve(pipe: Connection, share: Share, making: Callable[[], Work]) -> None:
    """Runs tasks until told None, or until nobody is there any more to tell.

    Args:
        pipe: Tasks come in, events go out.
        share: What this worker may use.
        making: Makes what runs the tasks.
    """
    # Ctrl-C reaches every process of a terminal; the batch decides what becomes of its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    # A worker has no terminal to talk to: what matters stands in outcomes, and in reports, which hear warnings.
    logging.basicConfig(level=logging.WARNING, handlers=[logging.NullHandler()])
    try:
        work = making()
        while (task := pipe.recv()) is not None:
            pipe.send(_done(task, pipe, share, work))
    except (EOFError, OSError, KeyboardInterrupt):
        return


def _done(task: Task, pipe: Connection, share: Share, work: Work) -> Ended:
    global _working
    last = 0.0

    def advance(done: int, total: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        if done == total or now - last >= _BETWEEN:
            pipe.send(Advanced(task.number, done, total))
            last = now

    _working = True
    try:
        return Ended(task.number, work(replace(task, plan=share.fitted(task.plan)), advance))
    finally:
        _working = False


def _stop(number: int, frame: FrameType | None) -> None:
    if not _working:
        os._exit(128 + number)
    raise KeyboardInterrupt
