"""`bench refine`: what refining a soft, wandering matte over trimaps made from it is worth."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from tools.benchmark.bars import Held
from tools.benchmark.groups import CROSSING
from tools.benchmark.report import put_section, table
from tools.benchmark.scoring import Figures
from tools.benchmark.wandering import wandering
from tools.synth import Synthetic, cached, scene
from tools.synth.film import NOISE, Image8, Plane
from vmatte.core.types import Clip, Frame, Layer, Matte, Refiner
from vmatte.metrics.alpha import mad
from vmatte.metrics.temporal import dtssd
from vmatte.models.classical.matter import Classical
from vmatte.ops.carried import motion
from vmatte.ops.trimap import UNKNOWN, band_radius, trimap
from vmatte.ops.warp import warp
from vmatte.stages.refine.guided import Guided
from vmatte.stages.refine.stage import Refine

MATTE, MEDIAN, FRAME, RULE = "the matte itself", "its flow median", "band of each frame alone", "closed-form"
_DRAWN = 24
_CLEANER = {"as drawn": 0.0, "with a camera's noise, no codec": NOISE}
# What the rule was measured to leave of MAD and dtSSD when it was found: at 640x360, and at best, at half that size.
_BARS, _BEST = (0.79, 0.77), (0.65, 0.66)
# And how much of the truly fractional pixels its trimaps may call known.
_MISS = 8.0
NAMES = ("MAD", "dtSSD", "miss %", "unk %", "swap %", "CPU")


def options(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--seed", type=int, default=1, help="of the drawn clips")
    parser.add_argument("--size", default="640x360", help="of the frames (default 640x360)")
    parser.add_argument("--frames", type=int, default=6, help="of each clip of 24 (default 6)")
    parser.add_argument("--cache", type=Path, help="folder that keeps drawn clips between runs")
    parser.add_argument("--quick", action="store_true", help="only the rule itself and what it is compared with")
    parser.add_argument("--out", type=Path, help="Markdown file whose section on refining is replaced")


def main(arguments: argparse.Namespace) -> int:
    """Runs the benchmark; 1 if a bar is missed."""
    cv2.setNumThreads(1)
    width, height = map(int, arguments.size.split("x"))
    seed = arguments.seed
    # Drawn for 24 frames, whatever is used of them: in fewer the same way is gone faster.
    filmed = (cached(arguments.cache, kind, "moving", seed, (width, height), _DRAWN) for kind in CROSSING)
    found = run(filmed, arguments, quick=arguments.quick)
    bars = held(found, "filmed", _BARS)
    for how, noise in _CLEANER.items():
        clips = (scene(kind, "moving", seed, (width, height), _DRAWN, noise=noise, crf=None) for kind in CROSSING)
        bars += held(run(clips, arguments, quick=True), how, _BEST)
    text = report(found, bars, f"{width}x{height}, {arguments.frames} frames")
    print(text)
    if arguments.out:
        put_section(arguments.out, "Refining", text)
    return 0 if all(bar.holds for bar in bars) else 1


def run(clips: Iterable[Synthetic], arguments: argparse.Namespace, *, quick: bool) -> dict[str, list[Figures]]:
    """The figures of every method, a row a clip."""
    found: dict[str, list[Figures]] = {}
    for whole in clips:
        clip = replace(whole, frames=whole.frames[: arguments.frames], alpha=whole.alpha[: arguments.frames])
        for method, figures in measured(clip, arguments.seed, quick=quick):
            found.setdefault(method, []).append(figures)
            told = "  ".join(f"{name} {value:.2f}" for name, value in figures.items())
            print(f"{clip.name:20s} {method:32s} {told}", file=sys.stderr, flush=True)
    return found


def stages(rows: int, *, quick: bool) -> dict[str, Refine]:
    """The refiners to compare, and the rule in other settings, by name."""
    solver = Classical("closed-form")
    found = {RULE: Refine(solver)}
    if quick:
        return found
    radius = band_radius(rows)
    others: dict[str, Refiner] = {"guided": Guided(), **{name: Classical(name) for name in ("knn", "large-kernel")}}
    found |= {f"{RULE}, radius x{scale}": Refine(solver, scale * radius) for scale in (0, 2, 4)}
    found[f"{RULE}, united with neighbours"] = Refine(solver, union=True)
    return found | {name: Refine(refiner) for name, refiner in others.items()}


def measured(clip: Synthetic, seed: int, *, quick: bool) -> Iterator[tuple[str, Figures]]:
    """The matte, its median and everything refined from it."""
    given = wandering(clip.alpha, seed)
    radius = band_radius(clip.alpha[0].shape[0])
    alone = [trimap(alpha, radius) for alpha in given]
    yield MATTE, scores(given, clip)
    yield FRAME, bands(alone, clip)
    for name, stage in stages(clip.alpha[0].shape[0], quick=quick).items():
        made = list(stage.banded(mattes(clip.frames, given)))
        if name == RULE:
            yield MEDIAN, scores([item.alphas[0] for item in made], clip)
        start = time.process_time()
        refined = [matte.alpha for matte in stage(facts(clip), mattes(clip.frames, given))]
        spent = 1e3 * (time.process_time() - start) / len(refined)
        yield name, {**scores(refined, clip), **bands([item.trimaps[0] for item in made], clip), "CPU": spent}


def facts(clip: Synthetic) -> Clip:
    """Of a drawn clip."""
    rows, columns = clip.alpha[0].shape
    return Clip(Path("clip"), columns, rows, Fraction(24), Fraction(1, 24), frames=len(clip.frames))


def mattes(frames: Sequence[Image8], alphas: Sequence[Plane]) -> Iterator[Matte]:
    """As a model would give them."""
    for index, (image, alpha) in enumerate(zip(frames, alphas, strict=True)):
        yield Matte(Frame(index, index, image, image), (Layer("subject", alpha),))


def scores(found: Sequence[Plane], clip: Synthetic) -> Figures:
    """MAD x1e3 and dtSSD x1e2 against the truth."""
    truth = clip.alpha
    pairs = zip(found[1:], found, truth[1:], truth, strict=False)
    return {
        "MAD": 1e3 * float(np.mean([mad(one, other) for one, other in zip(found, truth, strict=True)])),
        "dtSSD": 1e2 * float(np.mean([dtssd(*pair) for pair in pairs])),
    }


def bands(trimaps: Sequence[Image8], clip: Synthetic) -> Figures:
    """How trimaps are.

    `miss`: the share of truly fractional pixels called known; `unk`: of the frame that is unknown; `swap`: of unknown
    pixels whose class is another one where the motion takes them.
    """
    soft = [(alpha > 0.02) & (alpha < 0.98) for alpha in clip.alpha]
    open_ = [each == UNKNOWN for each in trimaps]
    missed = sum(int((where & ~unknown).sum()) for where, unknown in zip(soft, open_, strict=True))
    swapped = 0
    for here in range(len(trimaps) - 1):
        later = warp(trimaps[here + 1], motion(clip.frames[here], clip.frames[here + 1]).flow, nearest=True)
        swapped += int((later[open_[here]] != UNKNOWN).sum())
    return {
        "miss %": 100 * missed / max(1, sum(int(each.sum()) for each in soft)),
        "unk %": 100 * float(np.mean([each.mean() for each in open_])),
        "swap %": 100 * swapped / max(1, sum(int(each.sum()) for each in open_[:-1])),
    }


def held(found: Mapping[str, Sequence[Figures]], how: str, limits: tuple[float, float]) -> list[Held]:
    """What the rule promises for pictures of one kind: the most that is to be left of MAD and dtSSD."""
    matte, rule, alone = (_means(found[name]) for name in (MATTE, RULE, FRAME))
    return [
        Held(f"{how}: MAD, refined / matte itself", rule["MAD"] / matte["MAD"], limits[0]),
        Held(f"{how}: dtSSD, refined / matte itself", rule["dtSSD"] / matte["dtSSD"], limits[1]),
        Held(f"{how}: swaps, / band of each frame alone", rule["swap %"] / alone["swap %"], 1),
        Held(f"{how}: miss %", rule["miss %"], _MISS),
    ]


def report(found: Mapping[str, Sequence[Figures]], bars: Sequence[Held], what: str) -> str:
    """The bars, then a row for each method, as Markdown."""
    rows = [[bar.text, f"{bar.value:.3f}", f"<= {bar.limit:g}", "pass" if bar.holds else "**FAIL**"] for bar in bars]
    lines = []
    for method, each in found.items():
        means = _means(each)
        lines.append([method, *(f"{means[name]:.2f}" if name in means else "" for name in NAMES)])
    about = (
        f"Drawn clips with a moving camera, {what}, mean over {len(CROSSING)} kinds. True mattes are made soft and "
        "wandering, as a low-resolution network gives them; trimaps are made from those and solved. MAD x1e3, dtSSD "
        "x1e2, CPU in ms a frame on one thread, without trimaps for the first three rows. `miss`: share of truly "
        "fractional pixels called known; `unk`: of the frame that is unknown; `swap`: of unknown pixels whose class "
        "changes along the motion. The table is of the clips as filmed, through noise and H.264. Networks cannot be "
        "scored without their weights. Written by `python -m tools.bench refine`."
    )
    return "\n\n".join([about, table(["bar", "measured", "must reach", ""], rows), table(["", *NAMES], lines)]) + "\n"


def _means(figures: Sequence[Figures]) -> dict[str, float]:
    return {name: float(np.mean([each[name] for each in figures])) for name in figures[0]}
