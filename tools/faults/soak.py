"""A clip of very many small frames: memory and open files must not grow.

`python -m tools.faults.soak FRAMES FOLDER` prints what it saw.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from tools.faults.scene import write_clip
from vmatte.config.load import load, plan_as_data
from vmatte.run.batch.digest import sealed
from vmatte.run.batch.task import Task
from vmatte.run.build import prepare
from vmatte.run.clip import run_job
from vmatte.run.plan import Job
from vmatte.run.resume import Journaling

# Of the run, before which caches and queues fill.
_WARM = 0.2
_LOOKS = 40


@dataclass(frozen=True)
class Look:
    """What the process held after so many frames."""

    frames: int
    memory: int
    files: int
    threads: int


def soak(folder: Path, frames: int) -> list[Look]:
    """Runs it in this process, with a journal, and looks every now and then."""
    clip = write_clip(folder / "soak.mp4", frames)
    plan = load(["model=chroma", "outputs=[alpha,alpha-mp4]", "stream.encoders=1", "run.segment=240"])
    looks: list[Look] = []

    def look(done: int, total: int | None) -> None:
        if done and done % max(1, frames // _LOOKS) == 0:
            looks.append(Look(done, _memory(), len(list(Path("/proc/self/fd").iterdir())), threading.active_count()))

    job = Job(clip, folder / "out")
    task = Task(0, job, plan, plan_as_data(plan), folder / "out")
    report = run_job(job, plan, dict(task.settings), look, prepare(job, plan), None, Journaling(lambda: sealed(task)))
    if report.frames != frames:
        raise RuntimeError(f"{report.frames} frames came out of {frames}")
    return looks


def grown(looks: list[Look]) -> tuple[float, int]:
    """Bytes of memory a frame after the warm-up, by the steadiest line through all looks, and open files more."""
    late = [look for look in looks if look.frames >= _WARM * looks[-1].frames]
    slopes = sorted(
        (second.memory - first.memory) / (second.frames - first.frames)
        for place, first in enumerate(late)
        for second in late[place + 1 :]
    )
    return slopes[len(slopes) // 2], max(look.files for look in late) - min(look.files for look in late)


def _memory() -> int:
    """Bytes resident."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    found = soak(Path(sys.argv[2]), int(sys.argv[1]))
    print(json.dumps([vars(look) for look in found]))
