"""PCE and LAG without truth: whether a matte fits its own frame, or that of some frames before or after.

The fit is the local colour-line model of closed-form matting: Levin, Lischinski, Weiss, A Closed-Form Solution to
Natural Image Matting, TPAMI 2008.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8
from vmatte.ops.colour_line import SIDE, Moments, explained, inverse, moments
from vmatte.ops.colour_line import box as averaged
from vmatte.ops.unit import box_of

Wide = NDArray[np.float64]

#: How many frames a matte is shifted either way.
REACH = 4
#: Variance of alpha from which a window counts.
_VARIED = 1e-4
#: Confidence below which the lag says nothing: there is no relative motion to tell it by.
SURE = 0.1


class Colours:
    """A frame whose statistics are found when first asked for: they serve every matte and every shift.

    They take 96 bytes a pixel, the frame 3, so frames wait and statistics do not.
    """

    def __init__(self, frame: Image8) -> None:
        """Takes an (H, W, 3) uint8 frame."""
        self._frame = frame
        self._lock = threading.Lock()
        self._found: Moments | None = None

    def moments(self) -> Moments:
        """Of all windows; several threads may ask at once."""
        with self._lock:
            if self._found is None:
                self._found = moments(self._frame)
            return self._found


def colours(frame: Image8) -> Colours:
    """The statistics of an (H, W, 3) uint8 frame."""
    return Colours(frame)


class Lag:
    """Accumulates Q(d), the unexplained share of alpha's variance when the matte is set against the frame d earlier.

    Holds 2 `reach` + 1 mattes and `reach` frames: a frame is looked at when all mattes it is set against are there.
    """

    def __init__(self, reach: int = REACH) -> None:
        self._reach = reach
        self._seen = 0
        self._waiting: dict[int, Colours] = {}
        self._windows: dict[int, _Windows | None] = {}
        self._open: dict[int, Wide] = {}
        self._sum = _Sum(np.zeros(2 * reach + 1), 0.0, {})
        self._final: tuple[int, _Sum] = (0, self._sum)

    def update(self, alpha: NDArray[np.floating[Any]], frame: Colours) -> None:
        """Takes the next matte, (H, W) in [0, 1], and its frame."""
        now = self._seen
        self._windows[now], self._waiting[now] = _windows_of(alpha), frame
        self._seen += 1
        due = now - self._reach
        if due >= 0:
            _set_against(self._waiting.pop(due).moments(), due, self._windows, self._open, self._reach)
            centre = due - self._reach
            self._sum.add(centre, self._windows.pop(centre, None), self._open.pop(centre, None))

    @property
    def _whole(self) -> _Sum:
        """What was summed, the frames that still wait included; mattes without frames on either side do not count."""
        if self._final[0] != self._seen:
            opened = {centre: left.copy() for centre, left in self._open.items()}
            complete = {at: each for at, each in self._windows.items() if self._reach <= at < self._seen - self._reach}
            found = _Sum(self._sum.left, self._sum.all, dict(self._sum.by_frame))
            for number, frame in self._waiting.items() if any(complete.values()) else ():
                _set_against(frame.moments(), number, complete, opened, self._reach)
            for centre, window in complete.items():
                found.add(centre, window, opened.get(centre))
            self._final = self._seen, found
        return self._final[1]

    @property
    def residuals(self) -> Wide | None:
        """Q(d) for d = -reach .. reach; None when nothing could be measured."""
        found = self._whole
        return found.left / found.all if found.all > 0 else None

    @property
    def by_frame(self) -> tuple[dict[int, float], dict[int, float]]:
        """Lag, where sure, and PCE of single frames, by frame number."""
        each = self._whole.by_frame
        lags = {frame: _estimate(found) for frame, found in each.items() if _confidence(found) >= SURE}
        return lags, {frame: float(found[self._reach]) for frame, found in each.items()}

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
    """One matte's windows within a box that holds all those that count; the figures of those alone.

    Attributes:
        box: Rows and columns of the frame.
        alpha: (h, w) the matte there.
        inner: Where the counted windows are in the box, counted through row by row.
        places: The same in the frame.
        mean: Of alpha, of each.
        varied: Its variance.
    """

    box: tuple[slice, slice]
    alpha: NDArray[np.floating[Any]]
    inner: NDArray[np.intp]
    places: NDArray[np.intp]
    mean: Wide
    varied: Wide

    def unexplained(self, seen: _Seen) -> float:
        alpha, at = np.asarray(self.alpha, np.float64), seen.order[self.places]
        shared = [
            averaged(alpha * plane[self.box]).ravel()[self.inner] - self.mean * mean[at]
            for plane, mean in zip(seen.rgb, seen.mean, strict=True)
        ]
        return float(np.maximum(self.varied - explained(shared, [part[at] for part in seen.inverse]), 0).sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A frame's statistics where any of the mattes around it has a window that counts.

    Attributes:
        rgb: Three (H, W) planes.
        order: Which of the windows below a place in the frame has.
        mean: Three, of each window.
        inverse: Six.
    """

    rgb: Sequence[NDArray[np.floating[Any]]]
    order: NDArray[np.int32]
    mean: Sequence[NDArray[np.floating[Any]]]
    inverse: Sequence[NDArray[np.floating[Any]]]

    @classmethod
    def of(cls, found: Moments, windows: Sequence[_Windows]) -> _Seen:
        asked = np.zeros(found.rgb[0].size, np.bool_)
        for window in windows:
            asked[window.places] = True
        places, order = np.flatnonzero(asked), np.zeros(asked.size, np.int32)
        order[places] = np.arange(places.size, dtype=np.int32)
        mean, spread = ([plane.ravel()[places] for plane in planes] for planes in (found.mean, found.spread))
        return cls(found.rgb, order, mean, inverse(spread))


@dataclass(slots=True, eq=False)
class _Sum:
    """What is left of the variance by shift, all of it, and the shares of single frames."""

    left: Wide
    all: float
    by_frame: dict[int, Wide]

    def add(self, centre: int, window: _Windows | None, left: Wide | None) -> None:
        if window is None or left is None:
            return
        spread = float(window.varied.sum())
        self.left = self.left + left
        self.all += spread
        self.by_frame[centre] = left / spread


def _windows_of(alpha: NDArray[np.floating[Any]]) -> _Windows | None:
    wide = np.asarray(alpha, np.float64)
    mean = np.asarray(averaged(wide), np.float64)
    varied = np.asarray(averaged(wide * wide) - mean * mean, np.float64)
    counted = varied > _VARIED
    box = box_of(counted, SIDE // 2)
    if box is None:
        return None
    inner, places = np.flatnonzero(counted[box]), np.flatnonzero(counted)
    return _Windows(box, alpha[box].copy(), inner, places, mean.ravel()[places], varied.ravel()[places])


def _set_against(
    found: Moments, number: int, windows: dict[int, _Windows | None], left: dict[int, Wide], reach: int
) -> None:
    """Sets the mattes around a frame against it, those that have `reach` frames before them."""
    near = {at: windows.get(at) for at in range(max(reach, number - reach), number + reach + 1)}
    there = {at: window for at, window in near.items() if window is not None}
    if not there:
        return
    seen = _Seen.of(found, list(there.values()))
    for centre, window in there.items():
        # Shift d is the frame d earlier.
        left.setdefault(centre, np.zeros(2 * reach + 1))[centre - number + reach] = window.unexplained(seen)


def _confidence(found: Wide) -> float:
    return float((found.max() - found.min()) / found.max()) if found.max() > 0 else math.nan


def _estimate(found: Wide) -> float:
    weights = np.square(found.max() - found)
    shifts = np.arange(found.size) - found.size // 2
    return float(shifts @ weights / weights.sum()) if weights.sum() > 0 else math.nan
