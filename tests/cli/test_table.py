"""The live table as it stands on a terminal."""

import io
from pathlib import Path

from vmatte.cli.table import Table, table_lines
from vmatte.core.types import Clip
from vmatte.run.batch.board import Board
from vmatte.run.batch.outlook import Outlook
from vmatte.run.batch.task import Advanced, Began, Ended, Outcome, Retried, State, Task
from vmatte.run.plan import Job, Plan

NAMES = ("walker.mp4", "interview with a very long name, take 12.mov", "日本の映像.mp4", "bad\x1b[2J.mp4", "later.mp4")


def board(now: list[float]) -> Board:
    clip = Clip(Path("x"), 1920, 1080, 25, 1)  # type: ignore[arg-type]
    tasks = [Task(number, Job(Path(name)), Plan(None), {}, Path("done")) for number, name in enumerate(NAMES)]
    looks = {task.number: Outlook(clip, 240, 1e6) for task in tasks}
    return Board(tasks, looks, {}, lambda: now[0])


def played(shown, now):
    for number, worker in ((0, "cpu 0"), (1, "cpu 1"), (2, "cuda:0")):
        shown(Began(number, worker))
    now[0] = 2.0
    shown(Advanced(0, 24, 240))
    shown(Advanced(1, 12000, None))
    shown(Began(3, "cuda:1"))


def test_at_eighty_columns():
    now = [0.0]
    seen = board(now)
    played(seen, now)
    lines = table_lines(seen, 80, 24)
    assert all(len(line) < 80 for line in lines)
    head, first, second, third, fourth = lines[1:]
    assert head == "4 running, 1 waiting of 5; 0:02 elapsed, about 0:07 left"
    assert "10%" in first
    assert "24/240" in first
    assert "12.0 fps" in first
    assert "0:18" in first
    assert first.endswith("cpu 0")
    assert "~" in second
    assert "12000" in second
    assert "starting" in third
    assert "bad?[2J.mp4" in fourth
    assert table_lines(seen, 80, 4)[-1] == "  ... and 2 more running"


def test_failures_and_counts():
    now = [0.0]
    seen = board(now)
    played(seen, now)
    out = io.StringIO()
    table = Table(seen, out)
    table(Ended(0, Outcome(State.done, frames=240, seconds=20.0)))
    table(Retried(1, Outcome(State.failed, "its worker was ended by SIGKILL", "died", True)))
    table(Ended(3, Outcome(State.failed, "cannot be read", "InputError")))
    assert out.getvalue().splitlines() == [
        "[1/5] done walker.mp4: 240 frames in 0:20, 12.0 fps on cpu 0",
        "[1/5] FAILED interview with a very long name, take 12.mov: its worker was ended by SIGKILL; "
        "it will be tried again",
        "[2/5] FAILED bad?[2J.mp4: cannot be read",
    ]
    assert seen.counts[State.waiting] == 2
    assert list(seen.running) == [2]


def test_a_terminal_is_redrawn_in_place():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    now = [0.0]
    seen, out = board(now), Terminal()
    with Table(seen, out) as table:
        played(table, now)
        table(Ended(0, Outcome(State.done, frames=240, seconds=20.0)))
    assert "\x1b[" in out.getvalue()
    assert out.getvalue().endswith("\x1b[J")
    assert out.getvalue().count("[1/5] done walker.mp4") == 1
