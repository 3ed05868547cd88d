"""A batch in words before it runs and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from vmatte.cli.line import counted, one_line
from vmatte.cli.table import clock, fitted, named, shown
from vmatte.run.batch.board import Board
from vmatte.run.batch.elsewhere import told
from vmatte.run.batch.outlook import Outlook
from vmatte.run.batch.task import Outcome, State, Task
from vmatte.run.estimate import in_words

# Jobs listed one by one before it is only counted how many there are.
_MOST = 20
_NAME = 34


def plan_lines(
    tasks: Sequence[Task],
    settled: Mapping[int, Outcome],
    looks: Mapping[int, Outlook],
    workers: Sequence[str],
    free: int | None,
) -> list[str]:
    """What a batch will do.

    Args:
        tasks: All jobs.
        settled: Outcomes of those that need not run.
        looks: What is known of the others.
        workers: What will run them.
        free: Bytes free on the disk; None when nobody knows.
    """
    waiting = [task for task in tasks if task.number not in settled]
    rows = [_row(task, looks.get(task.number, Outlook())) for task in waiting]
    more = [f"  ... and {len(rows) - _MOST} more"] if len(rows) > _MOST else []
    why = Counter(f"{outcome.state.value}: {outcome.text}" for outcome in settled.values())
    kept = [f"  {count} {text}" for text, count in why.items()]
    names = ", ".join(workers[:8]) + (" ..." if len(workers) > 8 else "")
    head = f"{counted(len(tasks), 'job')}, {len(waiting)} to run on {counted(len(workers), 'worker')} ({names})"
    return [head, *kept, *rows[:_MOST], *more, *([_totals(looks, len(workers), free)] if waiting else [])]


def summary_lines(board: Board, root: Path, name: str = "batch") -> list[str]:
    """How a batch ended: counts, then the jobs that failed."""
    order = (State.done, State.skipped, State.left, State.failed, State.waiting)
    counted = ", ".join(f"{board.counts[state]} {state.value}" for state in order if board.counts[state])
    failed = [f"  failed {named(line, line.outcome)}" for line in board.failed if line.outcome is not None]
    ended = [line.outcome for line in board.lines.values() if line.outcome is not None]
    frames = sum(outcome.frames for outcome in ended if outcome.state is State.done)
    speed = f", {frames} frames, {frames / board.elapsed:.1f} fps in all" if frames and board.elapsed else ""
    return [
        f"{counted} in {clock(board.elapsed)}{speed}",
        *failed,
        f"  see {told(root / f'{name}.json')} and {name}.csv",
    ]


def _row(task: Task, look: Outlook) -> str:
    name = fitted(shown(task.name), _NAME)
    if look.why:
        return f"  {name} cannot run: {one_line(look.why)}"
    if look.clip is None:
        return f"  {name} is fetched by its worker"
    frames = "frames unknown" if look.frames is None else counted(look.frames, "frame")
    size = "" if look.bytes is None else f"  about {in_words(look.bytes)}"
    return f"  {name} {f'{look.clip.width}x{look.clip.height}':>9}  {frames:>14}{size}"


def _totals(looks: Mapping[int, Outlook], workers: int, free: int | None) -> str:
    known = [look for look in looks.values() if look.frames is not None]
    frames = sum(look.frames or 0 for look in known)
    size = sum(look.bytes or 0 for look in known)
    seconds = [look.seconds for look in known if look.seconds is not None]
    parts = [counted(frames, "frame"), f"about {in_words(size)} without sound"]
    parts += [f"{in_words(free)} free"] if free is not None else []
    if seconds and len(seconds) == len(known):
        parts.append(f"about {clock(sum(seconds) / workers)} going by earlier reports")
    else:
        parts.append("time unknown until some are done")
    hindered = sum(bool(look.why) for look in looks.values())
    parts += [f"{counted(hindered, 'job')} cannot run"] if hindered else []
    return f"  in all {', '.join(parts)}"
