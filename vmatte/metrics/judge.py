"""Scores of a predicted clip against the true one, frame by frame, in the memory of two frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image
from vmatte.metrics.evaluators import Evaluator, evaluator
from vmatte.metrics.moment import Floats, Moment
from vmatte.metrics.pair import Pair
from vmatte.metrics.series import Series


class Judge:
    """Accumulates everything one evaluator computes.

    >>> judge = Judge("rvm-hr")
    >>> for _ in range(2):
    ...     judge.update(np.full((32, 32), 0.5, np.float32), np.ones((32, 32), np.float32))
    >>> {name: round(found.mean, 3) for name, found in judge.result().items() if name in ("MSE", "dtSSD")}
    {'MSE': 248.043, 'dtSSD': 0.0}
    """

    def __init__(self, which: str | Evaluator, quantise: str = "round") -> None:
        """`which` evaluator, and how both mattes are brought to 8 bits: round, truncate, none."""
        self.evaluator = evaluator(which) if isinstance(which, str) else which
        self._quantise = quantise
        self._meters = [make() for make in self.evaluator.meters]
        self._before: Moment | None = None

    def update(
        self,
        alpha: NDArray[Any],
        truth: NDArray[Any],
        *,
        trimap: NDArray[np.uint8] | None = None,
        flow: Floats | None = None,
        colour: Image | None = None,
        true_colour: Image | None = None,
    ) -> None:
        """Takes the next frame.

        Args:
            alpha: (H, W) prediction, uint8 codes or floats in [0, 1].
            truth: (H, W) truth.
            trimap: (H, W) 0, 128 and 255, for evaluators that count unknown pixels only; None counts all.
            flow: (H, W, 2) px from the frame before to this one, not finite where undefined, for MESSDdt.
            colour: (H, W, 3) predicted straight foreground.
            true_colour: The true one.
        """
        pair = Pair.of(alpha, truth, self._quantise)
        mask = self.evaluator.region.mask(trimap)
        moment = Moment(pair, mask, self._before, flow, colour, true_colour)
        for meter in self._meters:
            meter.update(moment)
        # What came before the frame before is not held, nor are colours.
        self._before = replace(moment, before=None, flow=None, colour=None, true_colour=None)

    def result(self) -> dict[str, Series]:
        """Every metric for which everything it needs was given, by name, in the program's order."""
        return {found.name: found for meter in self._meters if (found := meter.result()) is not None}
