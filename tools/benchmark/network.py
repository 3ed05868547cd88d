"""`bench network`: MatAnyone's whole run against its bare network, and against the published way of running it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import cv2
import numpy as np
import safetensors.torch
import torch

from tools.benchmark.pipeline import store, to_and_fro
from tools.benchmark.report import put_section, table
from tools.synth import Synthetic, scene
from vmatte.models.matanyone.mask import prepared
from vmatte.models.matanyone.network.model import MatAnyone
from vmatte.models.matanyone.network.weights import load_network
from vmatte.models.matanyone.recurrence import Recurrence
from vmatte.models.matanyone.settings import RecurrenceSettings
from vmatte.models.matanyone.state import State
from vmatte.nets.loading import channels_last

_LENGTHS = (1, 4, 16)
_STEPS = 10


class _Row(NamedTuple):
    """A run, or the middle one of several: seconds, seconds to the published way's in the same pair, bytes."""

    name: str
    frames: int
    wall: float
    ratio: float
    peak: float


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--frames", type=int, default=60, help="of the shortest clip (default 60)")
    parser.add_argument("--size", default="256x144", help="of the clips, WIDTHxHEIGHT (default 256x144)")
    parser.add_argument("--pairs", type=int, default=3, help="of runs of the shortest clip; longer ones have fewer")
    parser.add_argument("--weights", type=Path, help="checkpoint; random weights take as long")
    parser.add_argument("--out", type=Path, help="Markdown file whose section on the network is replaced")


def main(arguments: argparse.Namespace) -> int:
    """Runs it; 1 if the published way is faster or memory grows by more than 5 % with the clip."""
    width, height = (int(part) for part in arguments.size.split("x"))
    clip = scene("walker", "moving", seed=1, size=(width, height), frames=30)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = arguments.weights or _random_weights(folder)
        cv2.imwrite(str(folder / "mask.png"), clip.mask)
        bare = _bare(clip, weights)
        runs = []
        for shorter, length in enumerate(_LENGTHS):
            pairs = max(1, arguments.pairs - shorter)
            runs += _both(folder, clip, weights, arguments.frames * length, pairs)
        half = _published(folder, clip, weights, arguments.frames, "bf16")
        runs.append(half._replace(ratio=half.wall / runs[1].wall))
    text = _text(runs, bare, arguments)
    print(text)
    if arguments.out:
        put_section(arguments.out, "Network", text)
    ours = [row for row in runs if row.name.startswith("vmatte")]
    flat = max(row.peak for row in ours) <= 1.05 * ours[0].peak
    return 0 if flat and all(row.ratio < 1 for row in ours) else 1


def _random_weights(folder: Path) -> Path:
    torch.manual_seed(0)
    path = folder / "random.safetensors"
    safetensors.torch.save_file(MatAnyone().state_dict(), path)
    return path


def _bare(clip: Synthetic, weights: Path) -> dict[str, dict[str, float]]:
    """Seconds a step, and how far the matte is from float32's, by variant."""
    frames = [torch.from_numpy(frame).permute(2, 0, 1) for frame in clip.frames[: _STEPS + 1]]
    mask = torch.from_numpy(prepared(clip.mask))
    found: dict[str, dict[str, float]] = {}
    exact: list[np.ndarray[Any, Any]] = []
    for name, dtype, last in (
        ("fp32", torch.float32, False),
        ("fp32, channels last", torch.float32, True),
        ("bf16", torch.bfloat16, True),
        ("fp16", torch.float16, True),
    ):
        network = load_network(weights)
        recurrence = Recurrence(channels_last(network) if last else network, RecurrenceSettings(), dtype)
        state, _ = recurrence.warm_up(State(), recurrence.encode(frames[0]), mask)
        alphas, started = [], time.perf_counter()
        for frame in frames[1:]:
            state, prediction = recurrence.step(state, recurrence.encode(frame))
            alphas.append(prediction.alpha.numpy())
        seconds = (time.perf_counter() - started) / _STEPS
        exact = exact or alphas
        apart = np.abs(np.array(alphas) - np.array(exact))
        found[name] = {"seconds": seconds, "mean": float(apart.mean()), "most": float(apart.max())}
        print(f"bare {name}: {seconds * 1e3:.0f} ms a step", file=sys.stderr, flush=True)
    return found


def _both(folder: Path, clip: Synthetic, weights: Path, frames: int, pairs: int) -> list[_Row]:
    """In turn, ratios pair by pair: the speed of a machine drifts."""
    found = [
        (_ours(folder, clip, weights, frames), _published(folder, clip, weights, frames, "fp32")) for _ in range(pairs)
    ]
    ratio = median(ours.wall / theirs.wall for ours, theirs in found)
    return [
        runs[0]._replace(wall=median(run.wall for run in runs), ratio=share, peak=max(run.peak for run in runs))
        for runs, share in zip(zip(*found, strict=True), (ratio, 1.0), strict=True)
    ]


def _ours(folder: Path, clip: Synthetic, weights: Path, frames: int) -> _Row:
    store(folder / "clip.mp4", to_and_fro(clip.frames, frames))
    command = [sys.executable, "-m", "vmatte.cli", "process", "clip.mp4", "--model", "matanyone", "--quiet"]
    command += ["--mask", "mask.png", "--weights", str(weights), "--overwrite", "--device", "cpu"]
    _run(command, folder)
    report = json.loads((folder / "clip.report.json").read_text(encoding="utf-8"))
    return _told("vmatte, prores + alpha", report["frames"], report["wall"], report["peak_rss"])


def _published(folder: Path, clip: Synthetic, weights: Path, frames: int, precision: str) -> _Row:
    store(folder / "clip.mp4", to_and_fro(clip.frames, frames))
    command = [sys.executable, "-m", "tools.benchmark.published", "clip.mp4", "mask.png", str(weights), ".", precision]
    said = json.loads(_run(command, folder))
    return _told(f"published, {precision}", said["frames"], said["wall"], said["peak_rss"])


def _run(command: list[str], folder: Path) -> str:
    root = str(Path(__file__).parents[2])
    # As a user would: the pools of threads that this benchmark keeps small are the program's own affair.
    pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {name: value for name, value in os.environ.items() if name not in pools} | {"PYTHONPATH": root}
    return subprocess.run(command, check=True, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True).stdout


def _told(name: str, frames: int, wall: float, peak: float) -> _Row:
    print(f"{name}: {frames} frames in {wall:.1f} s", file=sys.stderr, flush=True)
    return _Row(name, frames, wall, 1.0, peak)


def _text(runs: list[_Row], bare: dict[str, dict[str, float]], arguments: argparse.Namespace) -> str:
    first = {row.name: row.peak for row in reversed(runs)}
    rows = [
        [
            row.name,
            str(row.frames),
            f"{row.wall:.1f}",
            f"{row.ratio:.2f}",
            f"{row.peak / 2**20:.0f}",
            f"{row.peak / first[row.name]:.2f}",
        ]
        for row in runs
    ]
    base = bare["fp32"]["seconds"]
    variants = [
        [
            name,
            f"{told['seconds'] * 1e3:.0f}",
            f"{told['seconds'] / base:.2f}",
            f"{told['mean']:.1e}",
            f"{told['most']:.1e}",
        ]
        for name, told in bare.items()
    ]
    return "\n\n".join(
        [
            f"MatAnyone, {arguments.size}, {torch.get_num_threads()} thread for the bare network and as many as there "
            f"are cores for whole runs; random weights; medians of {arguments.pairs} pairs of runs in turn for the "
            "shortest clip, a pair less for each longer one. The published procedure is re-created in "
            "`tools/benchmark/published.py`; its script uses bf16 on a CPU.",
            table(["run", "frames", "wall s", "to published, fp32", "peak MiB", "to 1x"], rows),
            table(["bare network", "ms a step", "to fp32", "mean change of alpha", "most"], variants),
        ]
    )
