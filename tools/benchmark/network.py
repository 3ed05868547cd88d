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
from typing import Any

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
_Row = tuple[str, int, float, float]


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--frames", type=int, default=60, help="of the shortest clip (default 60)")
    parser.add_argument("--size", default="256x144", help="of the clips, WIDTHxHEIGHT (default 256x144)")
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
        runs = [run for length in _LENGTHS for run in _both(folder, clip, weights, arguments.frames * length)]
        runs.append(_published(folder, clip, weights, arguments.frames, "bf16"))
    text = _text(runs, bare, arguments.size)
    print(text)
    if arguments.out:
        put_section(arguments.out, "Network", text)
    ours = [row for row in runs if row[0].startswith("vmatte")]
    theirs = {row[1]: row[2] for row in runs if row[0] == "published, fp32"}
    flat = max(row[3] for row in ours) <= 1.05 * ours[0][3]
    return 0 if flat and all(row[2] < theirs[row[1]] for row in ours) else 1


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


def _both(folder: Path, clip: Synthetic, weights: Path, frames: int) -> list[_Row]:
    return [_ours(folder, clip, weights, frames), _published(folder, clip, weights, frames, "fp32")]


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
    return name, frames, wall, peak


def _text(runs: list[_Row], bare: dict[str, dict[str, float]], size: str) -> str:
    theirs = {row[1]: row[2] for row in runs if row[0] == "published, fp32"}
    first = {name: peak for name, _, _, peak in reversed(runs)}
    rows = [
        [
            name,
            str(frames),
            f"{wall:.1f}",
            f"{wall / theirs[frames]:.2f}",
            f"{peak / 2**20:.0f}",
            f"{peak / first[name]:.2f}",
        ]
        for name, frames, wall, peak in runs
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
            f"MatAnyone, {size}, {torch.get_num_threads()} thread for the bare network and as many as there are cores "
            "for whole runs; random weights. The published procedure is re-created in `tools/benchmark/published.py`; "
            "its script uses bf16 on a CPU.",
            table(["run", "frames", "wall s", "to published, fp32", "peak MiB", "to 1x"], rows),
            table(["bare network", "ms a step", "to fp32", "mean change of alpha", "most"], variants),
        ]
    )
