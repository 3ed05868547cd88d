"""`bench fleet`: what a million clips a day take, from what a frame was measured to take."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from tools.benchmark.pipeline import store, to_and_fro
from tools.benchmark.report import table
from tools.synth import scene
from vmatte.config.load import load
from vmatte.core.types import Clip, Frame, Hints, Layer, Matte, Stream
from vmatte.models.registry import card, cards
from vmatte.run.batch.digest import sealed
from vmatte.run.batch.task import Task
from vmatte.run.build import prepare
from vmatte.run.clip import run_job
from vmatte.run.plan import Job

_ROOT = Path(__file__).parents[2]
_MEASURED = _ROOT / "vmatte" / "models" / "measured.yaml"
_PAGE = _ROOT / "docs" / "scale.md"
_FRAMES = 24
_A_DAY = 86_400
_HEAD = ("model", "core s a frame", "with all else", "core hours a day", "machines", "machine hours a clip")
# What is written; the last is what is written without being asked for.
_OUTPUTS = (("alpha",), ("webm",), ("prores",), ("prores", "alpha"))


@dataclass(frozen=True)
class Assumed:
    """What the page supposes, all of it to be changed on the command line.

    Attributes:
        clips: A day.
        seconds: Of a clip.
        rate: Frames a second.
        cores: Of a machine.
        busy: Share of the day that its cores work: nodes die, queues run dry, clips differ.
    """

    clips: int
    seconds: float
    rate: float
    cores: int
    busy: float

    @property
    def frames(self) -> float:
        """A day."""
        return self.clips * self.seconds * self.rate

    def machines(self, core_seconds: float) -> float:
        """How many it takes to do so much a day."""
        return core_seconds / (_A_DAY * self.cores * self.busy)


@dataclass(frozen=True)
class Written:
    """What outputs take beside the model: core seconds and bytes a frame."""

    outputs: Sequence[str]
    seconds: float
    size: float


class Given:
    """A Matter of no cost: the mattes are there already."""

    def __init__(self, alphas: Sequence[Any]) -> None:
        self._alphas = alphas

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]:
        for frame in frames:
            yield Matte(frame, (Layer("subject", self._alphas[frame.index % len(self._alphas)]),))


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--clips", type=int, default=1_000_000, help="a day (default 1000000)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of a clip (default 10)")
    parser.add_argument("--rate", type=float, default=30.0, help="frames a second (default 30)")
    parser.add_argument("--cores", type=int, default=64, help="of a machine (default 64)")
    parser.add_argument("--busy", type=float, default=0.8, help="share of the day that they work (default 0.8)")
    parser.add_argument("--measured", type=Path, default=_MEASURED, help="what `bench models` has written")
    parser.add_argument("--out", type=Path, default=_PAGE, help="the page (default docs/scale.md)")


def main(arguments: argparse.Namespace) -> int:
    """Measures what is not known yet and writes the page."""
    measured = yaml.safe_load(arguments.measured.read_text(encoding="utf-8"))
    width, height = (int(part) for part in str(measured["frame"]).split("x"))
    assumed = Assumed(arguments.clips, arguments.seconds, arguments.rate, arguments.cores, arguments.busy)
    with tempfile.TemporaryDirectory() as name:
        clip, alphas = _clip(Path(name), (width, height))
        written = [_written(clip, alphas, outputs) for outputs in _OUTPUTS]
        smooth = _written(clip, alphas, _OUTPUTS[-1], "flow-ema").seconds - written[-1].seconds
        once = _once(clip, alphas)
        size = clip.stat().st_size / _FRAMES
    text = page(measured, assumed, written, (once, smooth), size)
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(text, encoding="utf-8")
    print(text)
    return 0


def page(
    measured: Mapping[str, Any],
    assumed: Assumed,
    written: Sequence[Written],
    more: tuple[float, float],
    source: float,
) -> str:
    """The page.

    Args:
        measured: Of `bench models`: the size of a frame, the machine, seconds a frame by model.
        assumed: What is supposed.
        written: What outputs take.
        more: Core seconds a clip, whatever its length, and a frame of a model that is smoothed.
        source: Bytes of a source frame.
    """
    usual, (once, smooth) = written[-1], more
    models = sorted(measured["seconds"].items(), key=lambda item: (item[1], item[0]))
    rows = []
    for name, seconds in models:
        steady = name in cards() and card(name).steady
        rows.append(_row(name, seconds, seconds + usual.seconds + (0.0 if steady else smooth), assumed, once))
    stored = [_stored(each, assumed) for each in written]
    return "\n".join(
        [
            "# A million clips a day",
            "",
            f"Written by `python -m tools.bench fleet`: {assumed.clips:,} clips a day of {assumed.seconds:g} s at "
            f"{assumed.rate:g} frames a second, {measured['frame']}: {assumed.frames:,.0f} frames. Seconds are those "
            f"of {measured['machine']}; a machine below is {assumed.cores} such cores, {assumed.busy:.0%} of the day "
            "at work. Nothing here was measured on such a fleet: it is what one core takes, multiplied. Cost per frame "
            "grows about with the pixels for models that work at the frame's own size, and hardly for those that do "
            "not. Options change what is supposed (`--clips`, `--seconds`, `--rate`, `--cores`, `--busy`).",
            "",
            "## Machines",
            "",
            f"Beside the model a frame takes {usual.seconds * 1e3:.0f} ms of a core to be decoded, given its colours, "
            f"watched, encoded as {' and '.join(usual.outputs)} and checked; {smooth * 1e3:.0f} ms more to be smoothed "
            f"where the model is not steady by itself; and a clip {once:.2f} s to be opened, hashed and reported. No "
            "GPU has been measured: seconds of a frame "
            "on one, put into the file that `--measured` names, give the same table for them.",
            "",
            table(
                ["model", "core s a frame", "with all else", "core hours a day", "machines", "machine hours a clip"],
                rows,
            ),
            "",
            "## Storage",
            "",
            "Bytes are of a drawn clip; camera noise costs the lossless ones more. Sound is left out.",
            "",
            table(["outputs", "ms of a core a frame", "kB a frame", "TB a day", "Gbit/s written"], stored),
            "",
            f"The sources, at {source / 1e3:.0f} kB a frame as drawn, would be {source * assumed.frames / 1e12:.1f} TB "
            "a day to read, twice: once for their hash, once to be decoded. With URLs they are fetched once, and read "
            "from the worker's own disk.",
            "",
            "## The queue",
            "",
            f"What the driver takes for a job is in [tools/bench.md](../tools/bench.md), under Queue; a million jobs a "
            f"day are {assumed.clips / _A_DAY:.1f} a second. A batch is a file: cut the day into batches of at most a "
            "hundred thousand jobs, which the driver was measured with and holds in memory.",
            "",
        ]
    )


def _row(name: str, seconds: float, a_frame: float, assumed: Assumed, once: float) -> list[str]:
    a_day = a_frame * assumed.frames + once * assumed.clips
    machines = assumed.machines(a_day)
    hours = machines * 24 / assumed.clips
    return [name, f"{seconds:g}", f"{a_frame:.2f}", f"{a_day / 3600:,.0f}", f"{machines:,.0f}", f"{hours:.2g}"]


def _stored(written: Written, assumed: Assumed) -> list[str]:
    a_day = written.size * assumed.frames
    return [
        ", ".join(written.outputs),
        f"{written.seconds * 1e3:.0f}",
        f"{written.size / 1e3:.1f}",
        f"{a_day / 1e12:.2f}",
        f"{a_day * 8 / _A_DAY / 1e9:.2f}",
    ]


def _clip(folder: Path, size: tuple[int, int]) -> tuple[Path, list[Any]]:
    """A drawn clip and its true mattes; drawn small and enlarged, since drawing takes longer than what is measured."""
    drawn = scene("walker", "moving", seed=1, size=(size[0] // 4, size[1] // 4), frames=12)
    frames = [
        np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        for rgb in to_and_fro(drawn.frames, _FRAMES)
    ]
    alphas = [
        np.clip(cv2.resize(alpha, size, interpolation=cv2.INTER_CUBIC), 0, 1)
        for alpha in to_and_fro([np.asarray(alpha, np.float32) for alpha in drawn.alpha], _FRAMES)
    ]
    path = folder / "clip.mp4"
    store(path, iter(frames))
    cv2.imwrite(str(folder / "clip.mask.png"), np.where(alphas[0] >= 0.5, 255, 0).astype(np.uint8))
    return path, alphas


def _written(clip: Path, alphas: Sequence[Any], outputs: Sequence[str], smooth: str = "none") -> Written:
    long, size = _run(clip, alphas, outputs, None, smooth)
    short, _ = _run(clip, alphas, outputs, 1, smooth)
    return Written(outputs, (long - short) / (_FRAMES - 1), size / _FRAMES)


def _once(clip: Path, alphas: Sequence[Any]) -> float:
    """Core seconds of a clip of one frame, its hashes included."""
    spent, _ = _run(clip, alphas, ("alpha",), 1)
    started = time.process_time()
    job = Job(clip, out=clip.parent / "done")
    sealed(Task(0, job, load(["model=recall"]), {}, clip.parent))
    return spent + time.process_time() - started


def _run(
    clip: Path, alphas: Sequence[Any], outputs: Sequence[str], frames: int | None, smooth: str = "none"
) -> tuple[float, float]:
    """Core seconds and bytes of a run whose model costs nothing."""
    plan = load(["model=chroma", f"smooth={smooth}", f"outputs=[{','.join(outputs)}]"])
    with tempfile.TemporaryDirectory() as out:
        end = None if frames is None else frames / 30 - 1 / 60
        job = Job(clip, out=Path(out), end=end)
        before = os.times()
        report = run_job(job, plan, {}, prepared=prepare(job, plan, matter=Given(alphas)))
        after = os.times()
        spent = after.user + after.system - before.user - before.system
        return spent, float(sum(int(output["bytes"]) for output in report.outputs))
