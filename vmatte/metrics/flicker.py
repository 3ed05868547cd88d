"""Flicker without truth, in px of edge displacement: TRF, WE and CF of one matte, frame by frame.

For any soft edge the summed difference of two mattes over the summed gradient is the mean displacement of the level
lines along their normals (co-area formula), so hair and hard edges read alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.metrics.motion import Motion
from vmatte.ops.follow import Predicted, outward, predictions, solid
from vmatte.ops.slope import slope

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

#: Radius of the edge band, px.
RADIUS = 4
_SOFT = 0.05


@dataclass
class _Share:
    """A quotient of two running sums, and of each frame's own."""

    above: float = 0.0
    below: float = 0.0
    by_frame: dict[int, float] = field(default_factory=dict)

    def add(self, frame: int, above: float, below: float) -> None:
        self.above += above
        self.below += below
        if below > 0:
            self.by_frame[frame] = above / below

    @property
    def value(self) -> float:
        return self.above / self.below if self.below > 0 else math.nan


@dataclass
class Flicker:
    """Accumulates over a clip; holds one frame's matte and predictions.

    Attributes:
        radius: Of the edge band, px.
    """

    radius: int = RADIUS
    _reversals: _Share = field(default_factory=_Share)
    _warps: _Share = field(default_factory=_Share)
    _core: _Share = field(default_factory=_Share)
    _frame: int = -1
    _alpha: Floats | None = None
    _from_before: tuple[Predicted, Predicted] | None = None

    def update(self, alpha: Floats, since: Motion | None) -> None:
        """Takes the next matte, (H, W) in [0, 1], and the motion since the frame before; None for the first."""
        self._frame += 1
        if self._alpha is None or since is None:
            self._alpha, self._from_before = alpha, None
            return
        if self._from_before is not None:
            after = _brought(self._alpha, alpha, since.forward, since.forward_valid)
            self._count_reversals(self._alpha, self._from_before, after)
        before = _brought(alpha, self._alpha, since.backward, since.backward_valid)
        self._count_changes(alpha, before)
        self._alpha, self._from_before = alpha, before

    @property
    def trf(self) -> float:
        """Temporal reversal flicker, px: how far a matte lies outside what its two neighbours span; nan if no edge."""
        return self._reversals.value

    @property
    def we(self) -> float:
        """Warp error in the edge band, px: change that motion does not explain; nan if there is no edge."""
        return self._warps.value

    @property
    def cf(self) -> float:
        """Core flicker, per mille of the matte's area; nan if there is no matte."""
        return 1000 * self._core.value

    @property
    def by_frame(self) -> tuple[dict[int, float], dict[int, float], dict[int, float]]:
        """The three scores of single frames, by frame number, where there is something to measure."""
        core = {frame: 1000 * value for frame, value in self._core.by_frame.items()}
        return self._reversals.by_frame, self._warps.by_frame, core

    def _count_changes(self, alpha: Floats, before: tuple[Predicted, Predicted]) -> None:
        errors = [np.where(p.valid, np.abs(alpha - p.value), np.float32(np.inf)) for p in before]
        error = np.minimum(*errors)
        known = before[0].valid | before[1].valid
        near = band(alpha, self.radius) & band(before[1].value, self.radius)
        edge = near & known
        self._warps.add(self._frame, _sum(error[edge]), _sum(slope(alpha)[edge]))
        self._core.add(self._frame, _sum(error[~near & known]), _sum(alpha))

    def _count_reversals(
        self, alpha: Floats, before: tuple[Predicted, Predicted], after: tuple[Predicted, Predicted]
    ) -> None:
        gap = _reversals(alpha, before, after)
        where = band(alpha, self.radius) & np.isfinite(gap)
        self._reversals.add(self._frame - 1, _sum(gap[where]), _sum(slope(alpha)[where]))


def reversal_map(alpha: Floats, before: Floats, after: Floats, since: Motion, until: Motion) -> Floats:
    """How far a matte lies outside what its two neighbours, each moved to it, span: TRF pixel by pixel.

    Args:
        alpha: (H, W) in [0, 1].
        before: The matte of the frame before.
        after: The matte of the frame after.
        since: Motion from the frame before to this one.
        until: Motion from this frame to the one after.

    Returns:
        (H, W) in [0, 1]; 0 where the motion is not known.
    """
    one = _brought(alpha, before, since.backward, since.backward_valid)
    other = _brought(alpha, after, until.forward, until.forward_valid)
    gap = _reversals(alpha, one, other)
    return np.where(np.isfinite(gap), gap, np.float32(0))


def band(alpha: Floats, radius: int) -> Mask:
    """The edge band: soft pixels and the outline at 0.5, grown by an ellipse of that radius.

    >>> step = np.repeat([[0, 1]], [6, 6], 1).repeat(3, 0).astype(np.float32)
    >>> band(step, 1)[1].astype(int).tolist()
    [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]
    """
    soft = ((alpha > _SOFT) & (alpha < 1 - _SOFT)).astype(np.uint8)
    outline = cv2.morphologyEx((alpha >= 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cast("Mask", cv2.dilate(cv2.max(soft, outline), ellipse).astype(np.bool_))


def _brought(here: Floats, there: Floats, flow: Floats, valid: Mask) -> tuple[Predicted, Predicted]:
    return predictions(there, flow, outward(flow, solid(here) & valid), valid)


def _reversals(alpha: Floats, before: tuple[Predicted, Predicted], after: tuple[Predicted, Predicted]) -> Floats:
    """The smaller distance by either prediction; infinite where neither holds."""
    return np.asarray(np.minimum(*(_gap(alpha, one, other) for one, other in zip(before, after, strict=True))))


def _gap(alpha: Floats, before: Predicted, after: Predicted) -> Floats:
    below = np.minimum(before.value, after.value)
    below -= alpha
    above = np.maximum(before.value, after.value)
    np.subtract(alpha, above, out=above)
    distance = np.maximum(np.maximum(below, above, out=above), 0, out=above)
    distance[~(before.valid & after.valid)] = np.inf
    return distance


def _sum(values: Floats) -> float:
    return float(values.sum(dtype=np.float64))
