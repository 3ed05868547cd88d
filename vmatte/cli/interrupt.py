"""Ctrl-C, a batch system's polite stop and a closed terminal: one line and exit code 130, whenever they come."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

INTERRUPTED = 130
LINE = "vmatte: interrupted; nothing half-written is left behind, and the same command does what is left"
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")

_writing = False


@contextmanager
def interruptible() -> Iterator[None]:
    """Turns the signals that ask for an end into KeyboardInterrupt, or into the end itself while code is imported."""
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    # `nohup` and shells that put a command aside have some ignored already; so they stay.
    ours = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = [(number, signal.signal(number, _interrupt)) for number in ours]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def let_go() -> None:
    """Gives Ctrl-C back to the system: there is nothing left to do but to end, and Python would print where it was."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def writing() -> Iterator[None]:
    """While this lasts there is something to clean up, so an interrupt is always an exception."""
    global _writing
    _writing = True
    try:
        yield
    finally:
        _writing = False


def _interrupt(number: int, frame: FrameType | None) -> None:
    # An exception inside an import is lost in callbacks of the import system, which print a traceback and go on, or
    # comes out of a compiled module as an ImportError.
    if not _writing and _importing(frame):
        with suppress(Exception):
            sys.stderr.write(f"{LINE}\n")
            sys.stderr.flush()
        os._exit(INTERRUPTED)
    raise KeyboardInterrupt


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
