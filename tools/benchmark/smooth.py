"""`bench smooth`: how steady the smoothers make spoilt mattes, and that they leave exact ones alone."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from tools.benchmark.bars import Held
from tools.benchmark.degrade import FAULTS, spoilt
from tools.benchmark.groups import SIX
from tools.benchmark.report import put_section, table
from tools.benchmark.scoring import Figures
from tools.synth import Synthetic, cached
from tools.synth.film import Image8, Plane
from vmatte.core.types import Clip, Frame, Layer, Matte
from vmatte.metrics.alpha import mad
from vmatte.metrics.unseen import Seen, Unseen, Watcher
from vmatte.stages.smooth import SMOOTHERS

SIZE, FRAMES = (320, 180), 24
# The plain average's usual strength, and the frames that the others look either way.
KEEP, REACH = 0.7, 2
CLEAN, NONE = "clean", "none"
OURS = ("flow-ema", "auto")
NAMES = ("TRF", "WE", "CF", "LAG", "PCE", "MAD", "CPU")

Results = Mapping[str, Mapping[str, Sequence[Figures]]]
"""Figures of every clip, by fault and smoother."""


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--seeds", type=int, default=1, help="how many sets of clips to draw (default 1)")
    parser.add_argument("--fault", choices=[*FAULTS, "each"], default="each", help="one fault only, beside clean input")
    parser.add_argument("--cache", type=Path, help="folder that keeps drawn clips between runs")
    parser.add_argument("--real", type=Path, help=".npz with `frames` and mattes `pha_*` of a real clip, to be told of")
    parser.add_argument("--out", type=Path, help="Markdown file whose section on smoothing is replaced")


def main(arguments: argparse.Namespace) -> int:
    """Runs the benchmark; 1 if a bar is missed."""
    cv2.setNumThreads(1)
    if arguments.real:
        print(real(arguments.real))
        return 0
    faults = list(FAULTS) if arguments.fault == "each" else [arguments.fault]
    found: dict[str, dict[str, list[Figures]]] = {}
    for clip, seed in _clips(arguments.seeds, arguments.cache):
        for fault, method, figures in measured(clip, faults, seed):
            found.setdefault(fault, {}).setdefault(method, []).append(figures)
            print(f"{clip.name:22s} {fault:8s} {method:9s} {_told(figures)}", file=sys.stderr, flush=True)
    bars = [bar for fault in found for bar in held(found, fault)]
    text = report(found, bars, arguments.seeds)
    print(text)
    if arguments.out:
        put_section(arguments.out, "Smoothing", text)
    return 0 if all(bar.holds for bar in bars) else 1


def measured(clip: Synthetic, faults: Sequence[str], seed: int) -> Iterator[tuple[str, str, Figures]]:
    """Every smoother on the exact mattes and on those with each fault."""
    watcher = Watcher()
    seen = [watcher.see(frame) for frame in clip.frames]
    for fault in (CLEAN, *faults):
        alphas = clip.alpha if fault == CLEAN else spoilt(clip.alpha, fault, seed)
        for method in (NONE, *SMOOTHERS):
            start = time.process_time()
            smooth = alphas if method == NONE else smoothed(method, clip.frames, alphas)
            spent = 1e3 * (time.process_time() - start) / len(alphas)
            yield fault, method, {**judged(seen, smooth), "MAD": _mad(smooth, clip.alpha), "CPU": spent}


def smoothed(method: str, frames: Sequence[Image8], alphas: Sequence[Plane]) -> list[Plane]:
    """The mattes after a smoother, entered by the door the pipeline uses."""
    rows, columns = alphas[0].shape
    clip = Clip(Path("clip"), columns, rows, Fraction(30), Fraction(1, 30), frames=len(frames))
    mattes = (
        Matte(Frame(index, index, image, image), (Layer("subject", alpha),))
        for index, (image, alpha) in enumerate(zip(frames, alphas, strict=True))
    )
    return [matte.alpha for matte in SMOOTHERS[method](KEEP, REACH)(clip, mattes)]


def judged(seen: Sequence[Seen], alphas: Sequence[Plane]) -> dict[str, float]:
    """The scores that need no truth; nan where there is nothing to measure."""
    judge = Unseen()
    for frame, alpha in zip(seen, alphas, strict=True):
        judge.update_seen(frame, alpha)
    scores = judge.result()
    found = {"TRF": scores.trf, "WE": scores.we, "CF": scores.cf, "LAG": scores.lag, "PCE": scores.pce}
    return {name: math.nan if value is None else value for name, value in found.items()}


def held(found: Results, fault: str) -> list[Held]:
    """What is promised of our smoothers on one kind of input."""
    bars = []
    for method in OURS:
        mine, raw = found[fault][method], found[fault][NONE]
        if fault == CLEAN:
            bars.append(Held(f"clean input: MAD x1e3 that {method} adds, worst clip", _added(mine, raw), 0.1))
            continue
        bars.append(Held(f"{fault}: MAD, {method} / none", _ratio(mine, raw, "MAD"), 1.0))
        if fault == "all":
            bars.append(Held(f"{fault}: TRF, {method} / none", _ratio(mine, raw, "TRF"), 0.5))
            lag = max(abs(figures["LAG"]) for figures in mine)
            bars.append(Held(f"{fault}: LAG of {method}, frames, worst clip", lag, 0.1))
    return bars


def report(found: Results, bars: Sequence[Held], seeds: int) -> str:
    """The bars, then a table for each fault, as Markdown."""
    rows = [[bar.text, f"{bar.value:.3f}", f"<= {bar.limit:g}", "pass" if bar.holds else "**FAIL**"] for bar in bars]
    parts = [
        f"Drawn clips with a moving camera, {SIZE[0]}x{SIZE[1]}, {FRAMES} frames, mean over {len(SIX)} kinds and "
        f"{seeds} seed{'s' if seeds > 1 else ''}. Exact mattes are spoilt as a model without memory would, "
        f"then smoothed; `ema` keeps {KEEP:g}. TRF and WE in px, CF per mille, LAG in frames, MAD x1e3, CPU in "
        "ms a frame on one thread. Exact mattes have a TRF of their own here: noise, codec and strands. "
        "Written by `python -m tools.bench smooth`.",
        table(["bar", "measured", "must reach", ""], rows),
    ]
    for fault, methods in found.items():
        about = "exact mattes." if fault == CLEAN else (FAULTS[fault].__doc__ or "").strip().splitlines()[0]
        lines = [[method, *(f"{_mean(each, name):.3f}" for name in NAMES)] for method, each in methods.items()]
        parts += [f"### {fault}: {about}", table(["smoother", *NAMES], lines)]
    return "\n\n".join(parts) + "\n"


def real(path: Path) -> str:
    """Mattes of a real clip before and after, for the terminal only."""
    with np.load(path) as arrays:
        frames = list(arrays["frames"])
        mattes = {name: [a.astype(np.float32) for a in arrays[name]] for name in arrays if name.startswith("pha_")}
    watcher = Watcher()
    seen = [watcher.see(frame) for frame in frames]
    rows = []
    for name, alphas in mattes.items():
        for method in (NONE, *SMOOTHERS):
            smooth = alphas if method == NONE else smoothed(method, frames, alphas)
            figures = judged(seen, smooth) | {"moved": _mad(smooth, alphas)}
            rows.append([name, method, *(f"{value:.3f}" for value in figures.values())])
    return table(["matte", "smoother", *NAMES[:5], "changed x1e3"], rows)


def _clips(seeds: int, cache: Path | None) -> Iterator[tuple[Synthetic, int]]:
    for seed in range(1, seeds + 1):
        for kind in SIX:
            yield cached(cache, kind, "moving", seed, SIZE, FRAMES), seed


def _mad(alphas: Sequence[Plane], truths: Sequence[Plane]) -> float:
    held_in_file = (np.rint(alpha * 255) / 255 for alpha in alphas)
    return 1e3 * float(np.mean([mad(a, np.rint(g * 255) / 255) for a, g in zip(held_in_file, truths, strict=True)]))


def _added(mine: Sequence[Figures], raw: Sequence[Figures]) -> float:
    return max(abs(a["MAD"] - b["MAD"]) for a, b in zip(mine, raw, strict=True))


def _ratio(mine: Sequence[Figures], raw: Sequence[Figures], name: str) -> float:
    return _mean(mine, name) / _mean(raw, name)


def _mean(figures: Sequence[Figures], name: str) -> float:
    return float(np.mean([each[name] for each in figures]))


def _told(figures: Figures) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
