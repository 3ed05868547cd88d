"""`bench pipeline`: what the stream costs over its slowest stage, and its memory as the clip gets longer."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

import av
import cv2

from tools.benchmark.report import put_section, table
from tools.synth import Camera, Kind, Synthetic, scene
from tools.synth.codec import tagged
from tools.synth.film import Image8

LENGTHS = (1, 4, 16)


@dataclass(frozen=True)
class Case:
    """A model, and the drawn clip it is run on."""

    model: str
    kind: Kind
    camera: Camera
    hints: tuple[str, ...]


CASES = (
    Case("chroma", "walker", "screen", ()),
    Case("difference", "walker", "fixed", ("plate",)),
    Case("recall", "walker", "moving", ("mask",)),
)


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--frames", type=int, default=24, help="of the shortest clip (default 24)")
    parser.add_argument("--size", default="640x360", help="of the clips, WIDTHxHEIGHT (default 640x360)")
    parser.add_argument("--model", choices=[case.model for case in CASES], help="one model only")
    parser.add_argument("--out", type=Path, help="Markdown file whose section on the pipeline is replaced")


def main(arguments: argparse.Namespace) -> int:
    """Runs every case; 1 if memory grows by more than 5 % with the clip."""
    width, height = (int(part) for part in arguments.size.split("x"))
    rows: list[list[str]] = []
    steady = True
    for case in CASES:
        if arguments.model not in (None, case.model):
            continue
        clip = scene(case.kind, case.camera, seed=1, size=(width, height), frames=arguments.frames)
        reports = [_run(case, clip, arguments.frames * length) for length in LENGTHS]
        rows += _rows(case, reports)
        steady &= max(report["peak_rss"] for report in reports) <= 1.05 * reports[0]["peak_rss"]
    text = (
        f"{width}x{height}, default outputs (ProRes 4444 and FFV1 master), each clip in a process of its own. Overhead "
        "is the wall time of the whole run, check of the written files included, over the seconds of its slowest "
        "stage. Queue fill tells the same story: full before the slowest stage, empty behind it.\n\n"
        + table(
            [
                "model",
                "frames",
                "wall s",
                "slowest stage",
                "overhead",
                "queue before",
                "queue behind",
                "peak MiB",
                "to 1x",
            ],
            rows,
        )
    )
    print(text)
    if arguments.out:
        put_section(arguments.out, "Pipeline", text)
    return 0 if steady else 1


def _run(case: Case, clip: Synthetic, frames: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clip.mp4")
        store(path, to_and_fro(clip.frames, frames))
        given = []
        if "mask" in case.hints:
            cv2.imwrite(f"{folder}/mask.png", clip.mask)
            given += ["--mask", f"{folder}/mask.png"]
        if "plate" in case.hints and clip.plate is not None:
            cv2.imwrite(f"{folder}/plate.png", clip.plate[..., ::-1])
            given += ["--plate", f"{folder}/plate.png"]
        command = [sys.executable, "-m", "vmatte.cli", "process", str(path), "--model", case.model, "--quiet", *given]
        subprocess.run(command, check=True)
        found: dict[str, Any] = json.loads(Path(folder, "clip.report.json").read_text(encoding="utf-8"))
    print(f"{case.model}: {found['frames']} frames in {found['wall']:.1f} s", file=sys.stderr, flush=True)
    return found


def _rows(case: Case, reports: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    for report in reports:
        stages = report["stages"]
        slowest = max(range(len(stages)), key=lambda place: stages[place]["seconds"])
        before = stages[slowest - 1]["queue"] if slowest else None
        behind = stages[slowest]["queue"]
        yield [
            case.model,
            str(report["frames"]),
            f"{report['wall']:.1f}",
            f"{stages[slowest]['name']} {stages[slowest]['seconds']:.1f} s",
            f"{report['wall'] / stages[slowest]['seconds']:.2f}",
            "" if before is None else f"{before:.0%}",
            "" if behind is None else f"{behind:.0%}",
            f"{report['peak_rss'] / 2**20:.0f}",
            f"{report['peak_rss'] / reports[0]['peak_rss']:.3f}",
        ]


def to_and_fro(frames: Sequence[Image8], count: int) -> Iterator[Image8]:
    """`count` frames that play forwards and backwards in turn, so that the clip has no jump.

    >>> list(to_and_fro([0, 1, 2], 7))
    [0, 1, 2, 1, 0, 1, 2]
    """
    return islice(cycle(chain(frames, frames[-2:0:-1])), count)


def store(path: Path, frames: Iterator[Image8]) -> None:
    """Writes (H, W, 3) uint8 RGB frames as H.264."""
    first = next(frames)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(30))
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast", "threads": "1"}
        for image in chain([first], frames):
            out.mux(stream.encode(tagged(image)))
        out.mux(stream.encode(None))
