"""Figures of merit of a whole clip, in the units the bars are stated in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from tools.synth import Synthetic
from tools.synth.film import Image8, Plane
from vmatte.metrics.alpha import gradient, mad, mse
from vmatte.metrics.temporal import dtssd

Engine = Callable[[Synthetic], Sequence[Plane]]
Colourist = Callable[[Synthetic], Sequence[Image8]]
Figures = Mapping[str, float]
"""By name: MAD and MSE x1e3, Grad /1e3, dtSSD x1e2, MAD f5, f15 and last; error and flicker 0-255; CPU ms a frame."""

WATCHED = (5, 15)  # frames whose own MAD is shown, beside the last


def of_alpha(engine: Engine, clip: Synthetic) -> Figures:
    """Runs an engine and scores its mattes."""
    start = time.process_time()
    alphas = engine(clip)
    spent = 1e3 * (time.process_time() - start) / len(clip.frames)
    return judged(alphas, clip.alpha) | {"CPU": spent}


def judged(alphas: Sequence[Plane], truths: Sequence[Plane]) -> dict[str, float]:
    """Scores mattes, quantised to 8 bits as a file would hold them."""
    held = [np.rint(np.clip(alpha, 0, 1) * 255) / 255 for alpha in alphas]
    pairs = list(zip(held, truths, strict=True))
    each = [1e3 * mad(a, g) for a, g in pairs]
    figures = {
        "MAD": float(np.mean(each)),
        "MSE": 1e3 * float(np.mean([mse(a, g) for a, g in pairs])),
        "Grad": 1e-3 * float(np.mean([gradient(a, g) for a, g in pairs])),
        "dtSSD": 1e2 * float(np.mean([dtssd(a, a0, g, g0) for (a0, g0), (a, g) in pairwise(pairs)])),
    }
    figures |= {f"f{index}": each[index] for index in WATCHED if index < len(each)}
    return figures | {"last": each[-1]}


def of_colour(colourist: Colourist, clip: Synthetic, truths: Sequence[Image8]) -> Figures:
    """Runs a foreground estimator on the true alpha; mean absolute error of F where 0.05 < alpha < 0.98, in 0-255."""
    start = time.process_time()
    colours = colourist(clip)
    spent = 1e3 * (time.process_time() - start) / len(clip.frames)
    errors = [c.astype(np.float32) - g for c, g in zip(colours, truths, strict=True)]
    soft = [(alpha > 0.05) & (alpha < 0.98) for alpha in clip.alpha]
    changes = [np.abs(after - before) for before, after in pairwise(errors)]
    both = [before & after for before, after in pairwise(soft)]
    return {
        "error": _mean_where([np.abs(error) for error in errors], soft),
        "flicker": _mean_where(changes, both),
        "CPU": spent,
    }


def mean(figures: Sequence[Figures]) -> Figures:
    """The mean over clips of equal length, figure by figure."""
    return {name: float(np.mean([each[name] for each in figures])) for name in figures[0]}


def _mean_where(values: Sequence[Plane], masks: Sequence[np.typing.NDArray[np.bool_]]) -> float:
    chosen = [value[mask] for value, mask in zip(values, masks, strict=True)]
    return float(np.concatenate(chosen).mean())
