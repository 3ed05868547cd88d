"""Metrics of mattes, usable without torch.

    from vmatte.metrics import Judge, Unseen, conn, dtssd, grad, mad, mse, sad

    mad(alpha, truth) * 1e3                     # one frame: (H, W) uint8 codes, or floats in [0, 1]
    judge = Judge("rvm-lr")                     # a clip, as that evaluator prints it, in the memory of two frames
    for alpha, truth in frames:
        judge.update(alpha, truth)
    judge.result()["dtSSD"].table               # .mean, .per_frame

    steady = Unseen(radius=4, reach=4)          # without truth: TRF, WE, CF, LAG with its confidence, PCE
    for frame, alpha in clip:
        steady.update(frame, alpha)             # (H, W, 3) uint8 RGB
    steady.result().trf

Names are imported when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmatte.metrics.alpha import gradient as grad
    from vmatte.metrics.alpha import mad, mse, sad, ssda
    from vmatte.metrics.colour import coverage, foreground_errors, halo
    from vmatte.metrics.connectivity import connectivity as conn
    from vmatte.metrics.evaluators import EVALUATORS, evaluator
    from vmatte.metrics.judge import Judge
    from vmatte.metrics.pair import Pair, quantised
    from vmatte.metrics.scorer import Result, ScoreOptions, Scorer
    from vmatte.metrics.series import Series, totals
    from vmatte.metrics.shape import boundary_f, iou, mad_transition
    from vmatte.metrics.temporal import dtssd, dtssd_sum, messddt, messddt_fixed
    from vmatte.metrics.unseen import Scores, Unseen, Watcher

# Where each name lives, and what it is called there if not the same.
_HOMES = {
    "EVALUATORS": "evaluators",
    "Judge": "judge",
    "Pair": "pair",
    "Result": "scorer",
    "ScoreOptions": "scorer",
    "Scorer": "scorer",
    "Scores": "unseen",
    "Series": "series",
    "Unseen": "unseen",
    "Watcher": "unseen",
    "boundary_f": "shape",
    "conn": "connectivity.connectivity",
    "coverage": "colour",
    "dtssd": "temporal",
    "dtssd_sum": "temporal",
    "evaluator": "evaluators",
    "foreground_errors": "colour",
    "grad": "alpha.gradient",
    "halo": "colour",
    "iou": "shape",
    "mad": "alpha",
    "mad_transition": "shape",
    "messddt": "temporal",
    "messddt_fixed": "temporal",
    "mse": "alpha",
    "quantised": "pair",
    "sad": "alpha",
    "ssda": "alpha",
    "totals": "series",
}

__all__ = [
    "EVALUATORS",
    "Judge",
    "Pair",
    "Result",
    "ScoreOptions",
    "Scorer",
    "Scores",
    "Series",
    "Unseen",
    "Watcher",
    "boundary_f",
    "conn",
    "coverage",
    "dtssd",
    "dtssd_sum",
    "evaluator",
    "foreground_errors",
    "grad",
    "halo",
    "iou",
    "mad",
    "mad_transition",
    "messddt",
    "messddt_fixed",
    "mse",
    "quantised",
    "sad",
    "ssda",
    "totals",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  whatever the name stands for
    if name not in _HOMES:
        raise AttributeError(f"module 'vmatte.metrics' has no attribute {name!r}")
    home, _, other = _HOMES[name].partition(".")
    return getattr(importlib.import_module(f"vmatte.metrics.{home}"), other or name)
