"""Groups of clips and the methods compared on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.benchmark.bars import Results
from tools.benchmark.engines import COLOURISTS, engine, keyed, without_plate
from tools.benchmark.scoring import Engine, Figures, mean, of_alpha, of_colour
from tools.synth import Camera, Kind, Synthetic, baselines, cached
from tools.synth.film import Image8
from vmatte.core.errors import HintError
from vmatte.ops.plate import PlateMethod
from vmatte.run.choose import choose

Told = Callable[[str], None]

SIX: tuple[Kind, ...] = ("walker", "fur", "veil", "blur", "camouflage", "occluder")
CROSSING: tuple[Kind, ...] = SIX[:5]


@dataclass(frozen=True)
class Run:
    """What a benchmark is run with."""

    seed: int
    size: tuple[int, int]
    cache: Path | None
    told: Told


def clips(run: Run, camera: Camera, kinds: Sequence[Kind] = SIX) -> Iterator[Synthetic]:
    """The clips of one camera, drawn or from the cache."""
    for kind in kinds:
        yield cached(run.cache, kind, camera, run.seed, run.size)


def compared(run: Run, drawn: Iterator[Synthetic], methods: Mapping[str, Engine]) -> Results:
    """Every method on every clip; the mean over the clips, method by method."""
    found: dict[str, list[Figures]] = {name: [] for name in methods}
    for clip in drawn:
        for name, method in methods.items():
            found[name].append(of_alpha(method, clip))
            run.told(f"{clip.name:22s} {name:24s} " + "  ".join(f"{k} {v:.2f}" for k, v in found[name][-1].items()))
    return {name: mean(each) for name, each in found.items()}


def memory(run: Run) -> Results:
    """A: first mask, moving camera."""
    methods: dict[str, Engine] = {
        "warped mask": baselines.warped_mask,
        "grabCut": baselines.grabcut,
        "recall": engine("recall", "mask"),
        "recall, no bank": engine("recall", "mask", permanent_bank=False),
    }
    return compared(run, clips(run, "moving"), methods)


def tall(run: Run) -> Results:
    """A at 720 rows: two clips of twelve frames, at working size and at full size."""
    drawn = (cached(run.cache, kind, "moving", run.seed, (1280, 720), 12) for kind in SIX[:2])
    methods = {"recall at 360": engine("recall", "mask"), "recall native": engine("recall", "mask", work_rows=0)}
    return compared(run, drawn, methods)


def plate(run: Run) -> Results:
    """B: a clean plate, fixed camera."""
    methods: dict[str, Engine] = {
        "|I-P| > 30": baselines.hard_difference,
        "soft |I-P|": baselines.soft_difference,
        "MOG2": baselines.primed_mog2,
        "difference": engine("difference", "plate"),
        "difference, no shadow": engine("difference", "plate", shadow=False),
    }
    return compared(run, clips(run, "fixed"), methods)


def key(run: Run) -> Results:
    """C: a green or blue screen; and the foreground colour it gives, where alpha is above 0.1."""
    methods: dict[str, Engine] = {
        "hue": baselines.hue_threshold,
        "CbCr ramp": baselines.chroma_ramp,
        "chroma": engine("chroma"),
    }
    found = dict(compared(run, clips(run, "screen"), methods))
    errors = [(_key_error(clip.frames, clip), _key_error(keyed(clip), clip)) for clip in clips(run, "screen")]
    for name, error in zip(("CbCr ramp", "chroma"), np.mean(errors, axis=0), strict=True):
        found[name] = {**found[name], "F error": float(error)}
    return found


def no_hint(run: Run) -> Results:
    """D: nothing given, fixed camera, the subject crosses the frame."""
    inner = engine("difference", "plate")
    methods: dict[str, Engine] = {
        "|I-median| > 30": baselines.median_difference,
        "MOG2, learning": baselines.learning_mog2,
        "difference, median plate": without_plate(inner, PlateMethod.MEDIAN),
        "difference, mode plate": without_plate(inner, PlateMethod.MODE),
    }
    return compared(run, clips(run, "crossing", CROSSING), methods)


def foreground(run: Run) -> Results:
    """F: straight foreground colour under the true alpha, moving camera."""
    methods = {"frame": baselines.frame_as_foreground, **COLOURISTS}
    found: dict[str, list[Figures]] = {name: [] for name in methods}
    for clip in clips(run, "moving"):
        for name, method in methods.items():
            found[name].append(of_colour(method, clip, clip.foreground))
            run.told(f"{clip.name:22s} {name:24s} " + "  ".join(f"{k} {v:.2f}" for k, v in found[name][-1].items()))
    return {name: mean(each) for name, each in found.items()}


def choices(run: Run) -> Results:
    """M: which engine is picked when every hint is withheld; a moving camera must lead to a question."""
    asked: list[tuple[Camera, Sequence[Kind], str]] = [
        ("moving", SIX, "ask"), ("fixed", SIX, "difference"), ("crossing", CROSSING, "difference"),
        ("screen", SIX, "chroma"),
    ]  # fmt: skip
    right = []
    for camera, kinds, expected in asked:
        for clip in clips(run, camera, kinds):
            picked = _picked(clip)
            right.append(picked == expected)
            run.told(f"{clip.name:22s} {picked}{'' if right[-1] else f', should be {expected}'}")
    return {"choose": {"right": float(np.mean(right)), "clips": float(len(right))}}


def _picked(clip: Synthetic) -> str:
    def sampled(count: int) -> list[Image8]:
        chosen = np.linspace(0, len(clip.frames) - 1, count).round().astype(int)
        return [clip.frames[index] for index in chosen]

    try:
        return choose(frozenset(), sampled).model
    except HintError:
        return "ask"


def _key_error(colours: Sequence[Image8], clip: Synthetic) -> float:
    truths = clip.despilled or clip.foreground
    errors = [
        np.abs(colour.astype(np.float32) - truth)[alpha > 0.1]
        for colour, truth, alpha in zip(colours, truths, clip.alpha, strict=True)
    ]
    return float(np.concatenate(errors).mean())


GROUPS: dict[str, Callable[[Run], Results]] = {
    "A": memory,
    "A720": tall,
    "B": plate,
    "C": key,
    "D": no_hint,
    "F": foreground,
    "M": choices,
}
