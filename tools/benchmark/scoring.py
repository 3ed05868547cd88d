"""Scores of a whole clip in the units the bars are stated in."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tools.synth import Synthetic
from tools.synth.film import Image8, Plane
from vmatte.metrics.alpha import gradient, mad, mse
from vmatte.metrics.temporal import dtssd

Engine = Callable[[Synthetic], Sequence[Plane]]
Colourist = Callable[[Synthetic], Sequence[Image8]]


@dataclass(frozen=True)
class Score:
    """Means over the frames of one clip.

    Attributes:
        mad: Times 1000.
        mse: Times 1000.
        grad: Divided by 1000.
        dtssd: Times 100, over the pairs of frames.
        frame_mad: MAD of each frame, times 1000.
        cpu: Milliseconds of processor time per frame.
    """

    mad: float
    mse: float
    grad: float
    dtssd: float
    frame_mad: tuple[float, ...]
    cpu: float = 0.0


def score(alphas: Sequence[Plane], truths: Sequence[Plane], cpu: float = 0.0) -> Score:
    """Scores predictions, quantised to 8 bits as a file would hold them."""
    if len(alphas) != len(truths):
        raise ValueError(f"{len(alphas)} mattes for {len(truths)} frames")
    held = [np.rint(np.clip(alpha, 0, 1) * 255) / 255 for alpha in alphas]
    pairs = list(zip(held, truths, strict=True))
    frame_mad = tuple(1e3 * mad(a, g) for a, g in pairs)
    changes = [dtssd(a, before, g, g_before) for (before, g_before), (a, g) in pairwise(pairs)]
    return Score(
        mad=float(np.mean(frame_mad)),
        mse=1e3 * float(np.mean([mse(a, g) for a, g in pairs])),
        grad=1e-3 * float(np.mean([gradient(a, g) for a, g in pairs])),
        dtssd=1e2 * float(np.mean(changes)),
        frame_mad=frame_mad,
        cpu=cpu,
    )


def run(engine: Engine, clip: Synthetic) -> Score:
    """Runs an engine on a clip and scores it, with the processor time it took."""
    start = time.process_time()
    alphas = engine(clip)
    spent = time.process_time() - start
    return score(alphas, clip.alpha, cpu=1e3 * spent / len(clip.frames))


def mean(scores: Sequence[Score]) -> Score:
    """The mean over clips of equal length."""
    return Score(
        mad=float(np.mean([s.mad for s in scores])),
        mse=float(np.mean([s.mse for s in scores])),
        grad=float(np.mean([s.grad for s in scores])),
        dtssd=float(np.mean([s.dtssd for s in scores])),
        frame_mad=tuple(np.mean([s.frame_mad for s in scores], axis=0).tolist()),
        cpu=float(np.mean([s.cpu for s in scores])),
    )
