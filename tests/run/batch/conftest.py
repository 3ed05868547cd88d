"""Tasks on small drawn clips."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import drawn
from vmatte.config.load import load, plan_as_data
from vmatte.run.batch.task import Task
from vmatte.run.plan import Job


@pytest.fixture
def task(tmp_path: Path) -> Callable[..., Task]:
    """Makes a task by number: a clip of its own with its mask, results in `done`."""

    def made(number: int = 0, *overrides: str, frames: int = 3, broken: bool = False, **job) -> Task:
        clip = tmp_path / f"c{number}.mp4"
        if broken:
            clip.write_bytes(b"no video")
        elif not clip.exists():
            drawn.clip(clip, frames)
            drawn.mask(tmp_path / f"c{number}.mask.png")
        plan = load(["outputs=[alpha]", "foreground=source", *overrides])
        root = tmp_path / "done"
        return Task(number, Job(clip, **{"out": root, **job}), plan, plan_as_data(plan), root)

    return made
