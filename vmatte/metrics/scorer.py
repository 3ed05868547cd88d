"""Everything that can be said of one matte of one clip, accumulated frame by frame in memory that does not grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image
from vmatte.metrics.evaluators import evaluator
from vmatte.metrics.flicker import RADIUS
from vmatte.metrics.judge import Judge
from vmatte.metrics.lag import REACH
from vmatte.metrics.moment import Floats
from vmatte.metrics.pair import quantised
from vmatte.metrics.series import Series
from vmatte.metrics.unseen import Seen, Unseen


@dataclass(frozen=True)
class ScoreOptions:
    """How mattes are scored.

    Attributes:
        evaluator: Whose metrics, scale and averaging.
        radius: Of the edge band of TRF, WE and CF, px.
        reach: Frames that LAG looks either way.
        quantise: How mattes are brought to 8 bits: round, truncate, none, or `evaluator` for its method's own way.
    """

    evaluator: str = "vmatte"
    radius: int = RADIUS
    reach: int = REACH
    quantise: str = "round"

    @property
    def rule(self) -> str:
        """The rule in force: round, truncate or none."""
        return evaluator(self.evaluator).writer if self.quantise == "evaluator" else self.quantise


@dataclass(frozen=True)
class Result:
    """The scores of one clip.

    Attributes:
        evaluator: Whose metrics those with truth are.
        frames: How many frames were scored.
        metrics: By name; only those for which everything they need was given.
        notes: What is to be known about the numbers.
    """

    evaluator: str
    frames: int
    metrics: Mapping[str, Series]
    notes: tuple[str, ...] = field(default=())

    def as_data(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "evaluator": self.evaluator,
            "frames": self.frames,
            "metrics": {
                name: {"mean": found.mean, "table": found.table, "per_frame": list(found.per_frame)}
                for name, found in self.metrics.items()
            },
            "units": {name: found.unit for name, found in self.metrics.items()},
            "notes": list(self.notes),
        }


class Scorer:
    """Scores one matte against truth, source, or both.

    >>> scorer = Scorer(ScoreOptions("matanyone"))
    >>> scorer.update(np.zeros((32, 32), np.uint8), truth=np.full((32, 32), 51, np.uint8))
    >>> scorer.result().metrics["MAD"].mean
    200.0
    """

    def __init__(self, options: ScoreOptions = ScoreOptions()) -> None:
        self._options = options
        self._judge: Judge | None = None
        self._unseen: Unseen | None = None
        self._needs: set[str] = set()
        self._frames = 0
        evaluator(options.evaluator)

    def update(
        self,
        alpha: NDArray[Any],
        *,
        truth: NDArray[Any] | None = None,
        seen: Seen | None = None,
        trimap: NDArray[np.uint8] | None = None,
        colour: Image | None = None,
        true_colour: Image | None = None,
    ) -> None:
        """Takes the next frame; what is given once must be given for all frames.

        Args:
            alpha: (H, W) the matte, uint8 codes or floats in [0, 1].
            truth: (H, W) the true matte, for the metrics with truth.
            seen: What a `Watcher` saw of the source frame, for the metrics without.
            trimap: As for `Judge.update`.
            colour: (H, W, 3) straight foreground, predicted.
            true_colour: The true one.
        """
        given = {name for name, value in (("truth", truth), ("source", seen)) if value is not None}
        if self._frames and given != self._needs:
            raise ValueError(f"frame {self._frames} came with {sorted(given)}, those before with {sorted(self._needs)}")
        self._needs = given
        self._frames += 1
        if truth is not None:
            self._judge = self._judge or Judge(self._options.evaluator, self._options.rule)
            flow = None if seen is None or seen.since is None else _at_size(seen.since.forward, alpha.shape)
            self._judge.update(alpha, truth, trimap=trimap, flow=flow, colour=colour, true_colour=true_colour)
        if seen is not None:
            self._unseen = self._unseen or Unseen(self._options.radius, self._options.reach)
            # The set is defined on 8-bit mattes.
            self._unseen.update_seen(
                seen, quantised(alpha, "round" if self._options.rule == "none" else self._options.rule)
            )

    def result(self, notes: Sequence[str] = ()) -> Result:
        """The scores so far; metrics whose needs were never met are left out."""
        metrics: dict[str, Series] = {}
        if self._judge is not None:
            metrics |= self._judge.result()
        if self._unseen is not None:
            metrics |= self._unseen.series()
        return Result(self._options.evaluator, self._frames, metrics, tuple(notes))


def _at_size(flow: Floats, size: tuple[int, ...]) -> Floats:
    """A flow found on a reduced copy, for the whole frame."""
    height, width = size
    if flow.shape[:2] == (height, width):
        return flow
    scale = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    return np.asarray(cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR) * scale, np.float32)
