"""PCE and LAG without truth: whether a matte fits its own frame, or that of some frames before or after.

The fit is the local colour-line model of closed-form matting: Levin, Lischinski, Weiss, A Closed-Form Solution to
Natural Image Matting, TPAMI 2008.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8
from vmatte.ops.unit import box_of

Wide = NDArray[np.float64]

#: How many frames a matte is shifted either way.
REACH = 4
#: Side of the windows, px; their ridge; and the variance of alpha from which a window counts.
_SIDE, _RIDGE, _VARIED = 5, 0.001, 1e-4
#: Confidence below which the lag says nothing: there is no relative motion to tell it by.
SURE = 0.1
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Colours:
    """Colour statistics of a frame's windows: they serve every matte and every shift.

    Attributes:
        rgb: (H, W, 3) float64 in [0, 1].
        mean: (H, W, 3) of each window.
        inverse: (H, W, 6) upper triangle of the inverse of the ridged covariance.
    """

    rgb: Wide
    mean: Wide
    inverse: Wide


def colours(frame: Image8) -> Colours:
    """The statistics of an (H, W, 3) uint8 frame."""
    rgb = frame.astype(np.float64) / 255
    mean = _box(rgb)
    spread = [
        _box(rgb[..., i] * rgb[..., j]) - mean[..., i] * mean[..., j] + (_RIDGE if i == j else 0) for i, j in _PAIRS
    ]
    return Colours(rgb, mean, np.stack(_inverse(*spread), axis=2))


class Lag:
    """Accumulates Q(d), the unexplained share of alpha's variance when the matte is set against the frame d earlier.

    Holds the frames and mattes of 2 `reach` + 1 frames.
    """

    def __init__(self, reach: int = REACH) -> None:
        self._reach = reach
        self._held: deque[tuple[Wide, Colours]] = deque(maxlen=2 * reach + 1)
        self._left = np.zeros(2 * reach + 1)
        self._all = 0.0
        self._seen = 0
        self._by_frame: dict[int, Wide] = {}

    def update(self, alpha: NDArray[np.floating[Any]], frame: Colours) -> None:
        """Takes the next matte, (H, W) in [0, 1], and its frame's statistics."""
        self._held.append((np.asarray(alpha, np.float64), frame))
        self._seen += 1
        if len(self._held) < 2 * self._reach + 1:
            return
        held = self._held[self._reach][0]
        mean = _box(held)
        varied = _box(held * held) - mean * mean
        counted = varied > _VARIED
        box = box_of(counted, _SIDE // 2)
        if box is None:
            return
        spread = float(varied[counted].sum())
        window = _Windows(held[box], mean[box], varied[box], counted[box])
        # Shift d is the frame d earlier: the newest held is -reach.
        left = np.array([window.unexplained(seen, box) for _, seen in reversed(self._held)])
        self._all += spread
        self._left += left
        self._by_frame[self._seen - 1 - self._reach] = left / spread

    @property
    def residuals(self) -> Wide | None:
        """Q(d) for d = -reach .. reach; None when nothing could be measured."""
        return self._left / self._all if self._all > 0 else None

    @property
    def by_frame(self) -> tuple[dict[int, float], dict[int, float]]:
        """Lag, where sure, and PCE of single frames, by frame number."""
        lags = {frame: _estimate(found) for frame, found in self._by_frame.items() if _confidence(found) >= SURE}
        return lags, {frame: float(found[self._reach]) for frame, found in self._by_frame.items()}

    @property
    def pce(self) -> float:
        """Photo-consistency error in [0, 1]: Q(0); nan when nothing could be measured."""
        found = self.residuals
        return math.nan if found is None else float(found[self._reach])

    @property
    def confidence(self) -> float:
        """How much the fit depends on the shift, (max Q - min Q) / max Q; nan when nothing could be measured."""
        found = self.residuals
        return math.nan if found is None else _confidence(found)

    @property
    def estimate(self) -> float:
        """Frames by which the matte trails (positive) or leads, sure or not; nan when every shift fits alike."""
        found = self.residuals
        return math.nan if found is None else _estimate(found)

    @property
    def lag(self) -> float:
        """`estimate`, but nan where its confidence is below 0.1: no relative motion."""
        return self.estimate if self.confidence >= SURE else math.nan


@dataclass(frozen=True, slots=True, eq=False)
class _Windows:
    """One matte's windows within a box that holds all those that count."""

    alpha: Wide
    mean: Wide
    varied: Wide
    counted: NDArray[np.bool_]

    def unexplained(self, seen: Colours, box: tuple[slice, slice]) -> float:
        shared = _box(self.alpha[..., None] * seen.rgb[box]) - self.mean[..., None] * seen.mean[box]
        x, y, z = np.moveaxis(shared[self.counted], 1, 0)
        a, b, c, d, e, f = np.moveaxis(seen.inverse[box][self.counted], 1, 0)
        explained = a * x * x + d * y * y + f * z * z + 2 * (b * x * y + c * x * z + e * y * z)
        return float(np.maximum(self.varied[self.counted] - explained, 0).sum())


def _confidence(found: Wide) -> float:
    return float((found.max() - found.min()) / found.max()) if found.max() > 0 else math.nan


def _estimate(found: Wide) -> float:
    weights = np.square(found.max() - found)
    shifts = np.arange(found.size) - found.size // 2
    return float(shifts @ weights / weights.sum()) if weights.sum() > 0 else math.nan


def _box(values: Wide) -> Wide:
    return np.asarray(cv2.blur(values, (_SIDE, _SIDE), borderType=cv2.BORDER_REFLECT), np.float64)


def _inverse(a: Wide, b: Wide, c: Wide, d: Wide, e: Wide, f: Wide) -> list[Wide]:
    """Of the symmetric matrix ((a, b, c), (b, d, e), (c, e, f)), by cofactors."""
    upper = [d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b]
    determinant = a * upper[0] + b * upper[1] + c * upper[2]
    return [part / determinant for part in upper]
