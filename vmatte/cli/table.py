"""The live table of a batch: what has happened scrolls away above, what runs is redrawn below; else plain lines."""

from __future__ import annotations

import shutil
import time
import unicodedata
from types import TracebackType
from typing import TextIO

from vmatte.cli.line import counted
from vmatte.run.batch.board import Board, Line
from vmatte.run.batch.task import Began, Ended, Event, Outcome, Retried, State

# Seconds between two drawings: an eye sees no more, and a slow connection carries no more.
_BETWEEN = 0.2
_BAR = 10
# Columns of what stands beside the name: bar, share, frames, speed, time left, worker.
_BESIDE = 2 + 1 + _BAR + 1 + 4 + 1 + 11 + 1 + 9 + 1 + 8 + 1 + 7


class Table:
    """Shows a board on a terminal, or tells of its events line by line.

    Args:
        board: What is shown; it is told of events first.
        stream: Where to.
        quiet: Tell of failures only.
    """

    def __init__(self, board: Board, stream: TextIO, quiet: bool = False) -> None:
        self._board, self._stream, self._quiet = board, stream, quiet
        self._live = stream.isatty() and not quiet
        self._drawn, self._at = 0, 0.0

    def __call__(self, event: Event) -> None:
        """An event of the batch."""
        self._board(event)
        text = self._told(event)
        if text:
            self._erase()
            self._stream.write(f"{text}\n")
        if self._live and (text or time.monotonic() - self._at >= _BETWEEN):
            self._draw()

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._erase()
        self._stream.flush()

    def _draw(self) -> None:
        size = shutil.get_terminal_size()
        lines = table_lines(self._board, size.columns, size.lines - 1)
        self._erase()
        self._stream.write("".join(f"{line}\n" for line in lines))
        self._stream.flush()
        self._drawn, self._at = len(lines), time.monotonic()

    def _erase(self) -> None:
        if self._drawn:
            # Up by that many lines, then clear to the end of the screen (ECMA-48: CUU, ED).
            self._stream.write(f"\x1b[{self._drawn}A\x1b[J")
            self._drawn = 0

    def _told(self, event: Event) -> str:
        if isinstance(event, Began) and not self._live and not self._quiet:
            return f"started {shown(self._board.lines[event.number].task.name)} on {event.worker}"
        if isinstance(event, Ended | Retried):
            line = self._board.lines[event.number]
            if not self._quiet or event.outcome.state is State.failed:
                return ended_line(line, event.outcome, isinstance(event, Retried), self._count())
        return ""

    def _count(self) -> str:
        counts = self._board.counts
        ended = sum(counts[state] for state in (State.done, State.failed, State.skipped, State.left))
        total = len(self._board.lines)
        return f"[{ended:{len(str(total))}}/{total}]"


def table_lines(board: Board, width: int, most: int) -> list[str]:
    """The table in lines of at most `width` cells, at most `most` of them.

    Args:
        board: What to show.
        width: Cells a line of the terminal has.
        most: Lines there is room for.
    """
    counts = board.counts
    order = (State.done, State.skipped, State.left, State.failed, State.running, State.waiting)
    told = ", ".join(f"{counts[state]} {state.value}" for state in order if counts[state])
    left = "" if board.left is None else f", about {clock(board.left)} left"
    head = fitted(f"{told} of {len(board.lines)}; {clock(board.elapsed)} elapsed{left}", width - 1).rstrip()
    running = [_row(line, width) for line in board.running.values()]
    room = max(1, most - 2)
    more = [f"  ... and {len(running) - room} more running"] if len(running) > room else []
    return ["-" * min(width - 1, 79), head, *running[:room], *more]


def ended_line(line: Line, outcome: Outcome, again: bool, count: str) -> str:
    """One line on a job that has ended, or on a try of it."""
    name = shown(line.task.name)
    if outcome.state is State.failed:
        later = "; it will be tried again" if again else f" (tried {line.tries} times)" if line.tries > 1 else ""
        return f"{count} FAILED {named(line, outcome)}{later}"
    if outcome.state is not State.done:
        return f"{count} {outcome.state.value} {name}: {outcome.text}"
    speed = f", {outcome.fps:.1f} fps" if outcome.fps else ""
    went_on = f" ({outcome.before} were there)" if outcome.before else ""
    warned = f"; {counted(len(outcome.warnings), 'warning')}: {shown(outcome.warnings[0])}" if outcome.warnings else ""
    made = f"{counted(outcome.frames, 'frame')}{went_on} in {clock(outcome.seconds)}{speed}"
    return f"{count} done {name}: {made} on {line.worker}{warned}"


def named(line: Line, outcome: Outcome) -> str:
    """What an outcome says, with the clip's name in it once."""
    name, text = shown(line.task.name), shown(outcome.text)
    return text if name in text else f"{name}: {text}"


def clock(seconds: float) -> str:
    """A span of time for people.

    >>> clock(9.2), clock(75), clock(3725)
    ('0:09', '1:15', '1:02:05')
    """
    whole = round(seconds)
    minutes, hours = whole // 60 % 60, whole // 3600
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def shown(text: str) -> str:
    r"""Text from outside without what a terminal would act upon.

    >>> shown("a\x1b[2Jb.mp4")
    'a?[2Jb.mp4'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def fitted(text: str, width: int) -> str:
    """Text cut or filled to so many cells of a terminal, in which some letters take two.

    >>> fitted("walker", 4), fitted("日本", 5)
    ('wal~', '日本 ')
    """
    cells = [2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text]
    if sum(cells) <= width:
        return text + " " * (width - sum(cells))
    kept, used = "", 0
    for letter, size in zip(text, cells, strict=True):
        if used + size > width - 1:
            break
        kept, used = kept + letter, used + size
    return kept + "~" + " " * (width - 1 - used)


def _row(line: Line, width: int) -> str:
    name = fitted(shown(line.task.name), max(8, width - 1 - _BESIDE))
    if not line.done:
        return f"  {name} {'starting':<{_BAR + 36}} {line.worker:<7}".rstrip()
    frames = f"{line.done}/{line.total}" if line.total else f"{line.done}"
    speed = f"{line.fps:.1f} fps" if line.fps else ""
    left = "" if line.left is None else f"{clock(line.left)} to go"
    share = min(1.0, line.done / line.total) if line.total else 0.0
    bar = ("#" * round(_BAR * share)).ljust(_BAR, ".") if line.total else " " * _BAR
    percent = f"{share:4.0%}" if line.total else "    "
    # The time left stands without words where they would not fit.
    left = left if len(left) <= 8 else left.removesuffix(" to go")
    return f"  {name} {bar} {percent} {frames:>11} {speed:>9} {left:>8} {line.worker:<7}".rstrip()
