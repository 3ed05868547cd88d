"""`bench ray`: two workers of a Ray cluster, each on a core of its own, against one on the same clips."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import cv2

from tools.benchmark.pipeline import store
from tools.benchmark.report import put_section, table
from tools.synth import scene
from vmatte.config.load import load, plan_as_data
from vmatte.run.batch.cluster import Cluster
from vmatte.run.batch.door import Door
from vmatte.run.batch.driver import run_batch
from vmatte.run.batch.need import GIB, Need
from vmatte.run.batch.performer import Performer
from vmatte.run.batch.share import cores
from vmatte.run.batch.task import Began, Ended, Event, Outcome, State, Task
from vmatte.run.plan import Job

_BAR = 1.8
# Where workers leave word of the cores they hold.
_HELD = "VMATTE_BENCH_CORES"


class Pinned(Performer):
    """Runs jobs on one core, all threads of it: the first that no other worker holds."""

    def __init__(self) -> None:
        super().__init__()
        folder = Path(os.environ[_HELD])
        for core in sorted(os.sched_getaffinity(0)):
            with suppress(FileExistsError):
                (folder / str(core)).touch(exist_ok=False)
                break
        _pin(core)

    def __call__(self, task: Task, progress: Callable[[int, int | None], None]) -> Outcome:
        return super().__call__(task, progress)


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--clips", type=int, default=8, help="as many (default 8)")
    parser.add_argument("--frames", type=int, default=30, help="of each (default 30)")
    parser.add_argument("--size", default="320x180", help="of the clips, WIDTHxHEIGHT (default 320x180)")
    parser.add_argument("--pairs", type=int, default=3, help="of runs, whose middle ratio counts (default 3)")
    parser.add_argument("--out", type=Path, help="Markdown file whose section on Ray is replaced")


def main(arguments: argparse.Namespace) -> int:
    """Runs it; 1 if two workers do not come up to the bar."""
    size = tuple(int(part) for part in arguments.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = _clips(folder, arguments.clips, (size[0], size[1]), arguments.frames)
        pairs = []
        for number in range(arguments.pairs):
            ceiling = _ceiling()
            # Which comes first alternates: a machine that slows down would favour one of them.
            order = (1, 2) if number % 2 == 0 else (2, 1)
            walls = {workers: _wall(folder, clips, workers) for workers in order}
            pairs.append((walls[1], walls[2], walls[1] / walls[2], ceiling))
    ratio = median(pair[2] for pair in pairs)
    text = _text(arguments, pairs, ratio)
    print(text)
    if arguments.out:
        put_section(arguments.out, "Ray", text)
    return 0 if ratio >= _BAR else 1


def _clips(folder: Path, count: int, size: tuple[int, int], frames: int) -> list[Path]:
    """One drawn clip under several names, each with its mask, and a short one to warm a worker up."""
    drawn = scene("walker", "moving", seed=1, size=size, frames=frames)
    made = []
    for number in range(count + 2):
        clip = folder / f"{number}.mp4"
        short = number < 2
        store(clip, iter(drawn.frames[:2] if short else drawn.frames))
        cv2.imwrite(str(folder / f"{number}.mask.png"), drawn.mask)
        made.append(clip)
    return made


def _wall(folder: Path, clips: list[Path], workers: int) -> float:
    """Seconds from the first clip begun, when a worker is warm, to the last one done."""
    out = folder / "done"
    shutil.rmtree(out, ignore_errors=True)
    plan = load(["model=recall"])
    data = plan_as_data(plan)
    # The first ones warm workers up.
    given = clips[2 - workers :]
    tasks = [Task(number, Job(clip, out=out), plan, data, out) for number, clip in enumerate(given)]
    times: list[float] = []

    def listener(event: Event) -> None:
        if (isinstance(event, Began) and event.number >= workers and not times) or isinstance(event, Ended):
            if not times and isinstance(event, Ended):
                return
            times.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as held, _variable(_HELD, held):
        door = Door("local")
        executor = Cluster(door, lambda task: Need(GIB // 2), len(tasks), workers, 1, making=Pinned)
        outcomes = run_batch(tasks, executor, 0, listener)
    failed = [outcome.text for outcome in outcomes.values() if outcome.state is not State.done]
    assert not failed, failed
    return times[-1] - times[0]


def _ceiling() -> float:
    """What two cores of this machine are worth against one just now: a loop without memory, on each alone and both."""
    alone = _looped([0])
    return 2 * alone / _looped([0, 1]) if cores() > 1 else 1.0


def _looped(places: list[int]) -> float:
    here = sorted(os.sched_getaffinity(0))
    spawn = get_context("spawn")
    started = [spawn.Process(target=_loop, args=(here[place],)) for place in places]
    begun = time.perf_counter()
    for process in started:
        process.start()
    for process in started:
        process.join()
    return time.perf_counter() - begun


def _loop(core: int) -> None:
    _pin(core)
    total = 0
    for number in range(30_000_000):
        total += number


def _pin(core: int) -> None:
    # Each thread has an affinity of its own; those that are made later take their maker's.
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            os.sched_setaffinity(int(thread.name), {core})


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]


def _text(arguments: argparse.Namespace, pairs: list[tuple[float, float, float, float]], ratio: float) -> str:
    rows = [[f"{one:.1f}", f"{two:.1f}", f"{share:.2f}", f"{most:.2f}"] for one, two, share, most in pairs]
    verdict = "pass" if ratio >= _BAR else "**FAIL**"
    return (
        f"{arguments.clips} clips of {arguments.frames} frames, {arguments.size}, `recall`, ProRes and alpha; workers "
        "of a Ray cluster on this machine, warm, each held to one core with all its threads. Seconds from the first "
        "clip begun to the last one done; beside them what the two cores are worth to a loop that needs nothing but "
        f"them, measured just before. Middle ratio {ratio:.2f}, must reach {_BAR}: {verdict}.\n\n"
        + table(["one worker, s", "two workers, s", "ratio", "two cores against one, no more than"], rows)
    )
