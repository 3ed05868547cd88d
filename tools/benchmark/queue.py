"""`bench queue`: what a hundred thousand queued jobs cost the driver of a batch, with a model of no length."""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, cast

import psutil

from tools.benchmark.report import put_section, table
from vmatte.cli.batch import command
from vmatte.cli.jobs import rows_of, tasks_of
from vmatte.cli.table import Table
from vmatte.run.batch.board import Board
from vmatte.run.batch.cluster import Cluster
from vmatte.run.batch.door import Door
from vmatte.run.batch.driver import run_batch
from vmatte.run.batch.executor import Executor, Inline
from vmatte.run.batch.need import GIB, Need
from vmatte.run.batch.pool import Processes
from vmatte.run.batch.share import Share
from vmatte.run.batch.standing import Rerun, standing_of_all
from vmatte.run.batch.summary import rows, write_summary
from vmatte.run.batch.task import Ended, Event, Outcome, State, Task

_EXECUTORS = ("inline", "processes", "ray")
_WORKERS = 2
# By how much the driver's memory may grow from a tenth of the jobs on: outcomes are kept, a line each.
_FLAT = 1.1


class Instant:
    """A model of no length: the job is done when it begins."""

    def __call__(self, task: Task, progress: Callable[[int, int | None], None]) -> Outcome:
        progress(0, 1)
        progress(1, 1)
        return Outcome(State.done, frames=1, seconds=0.001, report=task.root / f"{task.number}.report.json")


class _Nowhere(io.TextIOBase):
    """Where the table is written to."""

    def write(self, text: str) -> int:
        return len(text)


@dataclass
class _Memory:
    """Bytes the driver holds as jobs end."""

    jobs: int
    ended: int = 0
    at: list[int] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Ended):
            self.ended += 1
            if self.ended % max(1, self.jobs // 10) == 0:
                self.at.append(_held())


@dataclass(frozen=True)
class _Row:
    """What one executor took."""

    name: str
    wall: float
    cpu: float
    begun: int
    memory: list[int]


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--jobs", type=int, default=100_000, help="as many (default 100000)")
    parser.add_argument("--executor", choices=_EXECUTORS, action="append", help="one of them only; repeatable")
    parser.add_argument("--out", type=Path, help="Markdown file whose section on the queue is replaced")


def main(arguments: argparse.Namespace) -> int:
    """Runs it; 1 if a driver's memory grows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before, started, cpu = _held(), time.perf_counter(), time.process_time()
        tasks = _tasks(folder, arguments.jobs)
        read = time.perf_counter() - started, time.process_time() - cpu, _held() - before
        started = time.perf_counter()
        tasks, settled = standing_of_all(tasks, Rerun.changed)
        stood = time.perf_counter() - started
        found = [_run(which, tasks, folder) for which in arguments.executor or _EXECUTORS]
    text = _text(arguments.jobs, read, stood, found)
    print(text)
    if arguments.out:
        put_section(arguments.out, "Queue", text)
    return 0 if not settled and all(row.memory[-1] <= _FLAT * row.memory[0] for row in found) else 1


def _tasks(folder: Path, count: int) -> list[Task]:
    """Through the same doors as `vmatte batch`: a file of jobs, read, checked and planned."""
    file = folder / "jobs.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for number in range(count):
            out = f"{number % 1000:03d}"
            lines.write(json.dumps({"clip": f"clips/{number:07d}.mp4", "out": out, "model": "recall"}) + "\n")
    given = command.make_context("batch", [str(file), "--out", str(folder / "done")]).params
    root = folder / "done"
    return tasks_of(rows_of(given, root), given, root)


def _run(which: str, tasks: list[Task], folder: Path) -> _Row:
    executor = _executor(which, len(tasks))
    memory = _Memory(len(tasks))
    board = Board(tasks, {}, {})
    shown = Table(board, cast("TextIO", _Nowhere()))

    def listener(event: Event) -> None:
        shown(event)
        memory(event)

    executor.workers  # noqa: B018  connects, which is not what is measured
    begun, started, cpu = _held(), time.perf_counter(), time.process_time()
    outcomes = run_batch(tasks, executor, 1, listener)
    wall, spent = time.perf_counter() - started, time.process_time() - cpu
    assert all(outcome.state is State.done for outcome in outcomes.values()), "a job of no length failed"
    write_summary(folder, rows(tasks, outcomes, {}), wall)
    return _Row(which, wall, spent, begun, memory.at)


def _executor(which: str, jobs: int) -> Executor:
    if which == "inline":
        return Inline(Instant)
    if which == "processes":
        return Processes([Share(f"cpu {place}", 1) for place in range(_WORKERS)], making=Instant)
    return Cluster(Door("local"), lambda task: Need(GIB // 4), jobs, _WORKERS, 1, making=Instant)


def _held() -> int:
    return int(psutil.Process().memory_info().rss)


def _text(jobs: int, read: tuple[float, float, int], stood: float, found: list[_Row]) -> str:
    told = [
        [
            row.name,
            f"{row.wall:.1f}",
            f"{row.wall / jobs * 1e3:.2f}",
            f"{row.cpu / jobs * 1e3:.2f}",
            f"{row.begun / 2**20:.0f}",
            f"{row.memory[0] / 2**20:.0f}",
            f"{row.memory[-1] / 2**20:.0f}",
        ]
        for row in found
    ]
    head = ["executor", "wall s", "wall ms a job", "driver's CPU ms a job", "MiB before", "at a tenth", "at the end"]
    return (
        f"{jobs} jobs of a file of JSON lines, read and planned in {read[0]:.1f} s ({read[1] / jobs * 1e3:.2f} ms of "
        f"CPU and {read[2] / jobs:.0f} bytes a job), their results looked for in {stood:.1f} s; then run by a model of "
        f"no length, {_WORKERS} workers where there are any, events passed through the table. Memory is the "
        "driver's.\n\n" + table(head, told)
    )
