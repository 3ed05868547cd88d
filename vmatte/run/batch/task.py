"""What travels between a batch and whoever runs its jobs: tasks one way, events the other; all of it can be pickled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from vmatte.hints.shots import Shot
from vmatte.run.plan import Job, Plan


@dataclass(frozen=True)
class Part:
    """Some frames of a clip.

    Attributes:
        first: Number of the first.
        stop: Number after the last; None for all there are.
        path: Where their mattes are set aside.
    """

    first: int
    stop: int | None
    path: Path


@dataclass(frozen=True)
class Task:
    """One job of a batch, with all that running it takes.

    Attributes:
        number: Its place in the batch, from 0.
        job: What to work on.
        plan: How.
        settings: The composed configuration as plain values, for the report and its digest.
        root: The folder that nothing may be written outside of.
        attempt: Which try this is, from 1.
        restart: Its first try forgets what an interrupted run has left.
        rerun: Name of the `Rerun` by which the worker is to decide whether to run it; it does so where files lie behind
            URLs, since only a worker fetches them.
        survey: Only the cuts of the clip are to be found.
        shots: Between its cuts, where they are known already.
        part: Only the mattes of this part are to be made.
        parts: The mattes are made already, in these parts.
        stage: The folder that such files were fetched to.
    """

    number: int
    job: Job
    plan: Plan
    settings: Mapping[str, Any]
    root: Path
    attempt: int = 1
    restart: bool = False
    rerun: str = "all"
    survey: bool = False
    shots: tuple[Shot, ...] | None = None
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    stage: Path | None = None

    @property
    def name(self) -> str:
        """For people: the clip, behind the folder of its own that the results go to, if it has one."""
        name, out = self.job.clip.name or str(self.job.clip), self.job.out
        inner = out is not None and out != self.root and out.is_relative_to(self.root)
        return f"{out.relative_to(self.root)}/{name}" if out is not None and inner else name

    @property
    def afresh(self) -> bool:
        """Whether this try forgets what an interrupted run has left."""
        return self.restart and self.attempt == 1


class State(Enum):
    """How a job stands."""

    waiting = "waiting"
    running = "running"
    done = "done"
    skipped = "skipped"
    left = "left"
    failed = "failed"


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        state: `done`, `failed`, `skipped` or `left`.
        text: Why it failed, was skipped or left alone; one line.
        kind: Name of the error's class; `died` when its worker did.
        again: Whether another try may end otherwise.
        frames: Written.
        before: How many of these an interrupted run had written.
        seconds: It took.
        bytes: Of all outputs.
        report: Where the report is.
        warnings: What may harm the result.
        shots: Between the cuts of the clip, if they were what was asked for.
    """

    state: State
    text: str = ""
    kind: str = ""
    again: bool = False
    frames: int = 0
    before: int = 0
    seconds: float = 0.0
    bytes: int = 0
    report: Path | None = None
    warnings: tuple[str, ...] = ()
    shots: tuple[Shot, ...] = ()

    @property
    def fps(self) -> float:
        """Frames a second, as far as they were made now; 0 when that is not known."""
        return (self.frames - self.before) / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Began:
    """A worker has taken a task.

    Attributes:
        number: Of the task.
        worker: What runs it, for people, such as `cpu 1` or `cuda:0`.
    """

    number: int
    worker: str


@dataclass(frozen=True)
class Advanced:
    """Frames are done; `total` is None when only decoding will tell."""

    number: int
    done: int
    total: int | None


@dataclass(frozen=True)
class Ended:
    """A task has ended."""

    number: int
    outcome: Outcome


@dataclass(frozen=True)
class Retried:
    """A task has failed and waits for another try."""

    number: int
    outcome: Outcome


@dataclass(frozen=True)
class Ticked:
    """Time has passed."""


Event = Began | Advanced | Ended | Retried | Ticked
Tell = Callable[[Event], None]
Take = Callable[[], Task | None]
Work = Callable[[Task, Callable[[int, int | None], None]], Outcome]
