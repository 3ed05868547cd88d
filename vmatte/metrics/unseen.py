"""The five scores of a matte without truth, always together: each one alone can be gamed."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8
from vmatte.metrics.flicker import RADIUS, Flicker
from vmatte.metrics.lag import REACH, Colours, Lag, colours
from vmatte.metrics.motion import Motion, motion, reduction, scored
from vmatte.metrics.pair import quantised
from vmatte.metrics.series import Series

_UNITS = {"TRF": "px", "WE": "px", "CF": "per mille", "LAG": "frames", "PCE": "0..1"}


@dataclass(frozen=True, slots=True)
class Scores:
    """Without truth; None where there is nothing to measure: no edge, no matte, no relative motion.

    Attributes:
        trf: Temporal reversal flicker, px of edge displacement: jitter, gain flicker, holes. About 0.03 for a truth.
        we: Warp error in the edge band, px: change that motion does not explain. 0.2 to 0.3 for a truth.
        cf: Core flicker, per mille of the matte's area.
        lag: Frames by which the matte trails its picture; None below a confidence of 0.1.
        confidence: Of the lag, in [0, 1].
        pce: Photo-consistency error in [0, 1]; compare between mattes of the same clip only.
    """

    trf: float | None
    we: float | None
    cf: float | None
    lag: float | None
    confidence: float | None
    pce: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the scores need of one frame: found once, good for every matte of the clip.

    Attributes:
        since: Motion since the frame before; None for the first.
        colours: Statistics for the fit.
        reduced: By what factor the frame was reduced.
        size: Rows and columns it is scored at.
    """

    since: Motion | None
    colours: Colours
    reduced: int
    size: tuple[int, int]


class Watcher:
    """Turns the frames of a clip, (H, W, 3) uint8 RGB in order, into what the scores need."""

    def __init__(self, pool: Executor | None = None) -> None:
        """With a `pool`, motion is found on two threads at once."""
        self._pool = pool
        self._last: Image8 | None = None

    def see(self, frame: Image8) -> Seen:
        """The next frame."""
        small = cast("Image8", scored(frame))
        since = None if self._last is None else motion(self._last, small, self._pool)
        self._last = small
        return Seen(since, colours(small), reduction(frame.shape[0]), (small.shape[0], small.shape[1]))


class Unseen:
    """Accumulates the scores of one matte in constant memory.

    >>> judge = Unseen()
    >>> frame = np.zeros((32, 32, 3), np.uint8)
    >>> for _ in range(3):
    ...     judge.update(frame, np.zeros((32, 32), np.float32))
    >>> judge.result()
    Scores(trf=None, we=None, cf=None, lag=None, confidence=None, pce=None)
    """

    def __init__(self, radius: int = RADIUS, reach: int = REACH) -> None:
        """`radius` of the edge band in px; `reach` of the lag in frames, either way."""
        self._flicker = Flicker(radius)
        self._lag = Lag(reach)
        self._watcher = Watcher()
        self._reduced = 1
        self._frames = 0

    def update(self, frame: Image8, alpha: NDArray[Any]) -> None:
        """Takes the next frame, (H, W, 3) uint8 RGB, and its matte, (H, W) uint8 or floats in [0, 1]."""
        self.update_seen(self._watcher.see(frame), alpha)

    def update_seen(self, seen: Seen, alpha: NDArray[Any]) -> None:
        """`update` with a frame that a Watcher has seen already: for several mattes of one clip."""
        held = _as_filed(alpha)
        small = np.asarray(scored(held), np.float32)
        if small.shape != seen.size:
            raise ValueError(f"the matte is {alpha.shape}, its frame is scored at {seen.size}")
        self._reduced = seen.reduced
        self._frames += 1
        self._flicker.update(small, seen.since)
        # The fit is a float64 affair: a matte of the frame's own size is taken without float32's rounding.
        self._lag.update(_exact(alpha) if seen.reduced == 1 else small, seen.colours)

    def result(self) -> Scores:
        """The scores so far."""
        flicker, lag = self._flicker, self._lag
        values = (flicker.trf * self._reduced, flicker.we * self._reduced, flicker.cf, lag.lag, lag.confidence, lag.pce)
        return Scores(*(None if math.isnan(value) else value for value in values))

    def series(self) -> dict[str, Series]:
        """The same with the frames' own values: TRF, WE, CF, LAG, its confidence, and PCE."""
        found = self.result()
        whole = (found.trf, found.we, found.cf, found.lag, found.pce)
        trf, we, cf = self._flicker.by_frame
        lag, pce = self._lag.by_frame
        scales = (self._reduced, self._reduced, 1, 1, 1)
        rows = [
            Series(name, unit, self._row(values, scale), value, value, 0 if value is None else self._frames)
            for (name, unit), values, scale, value in zip(
                _UNITS.items(), (trf, we, cf, lag, pce), scales, whole, strict=True
            )
        ]
        sure = Series("LAG confidence", "", (), found.confidence, found.confidence, self._frames)
        return {row.name: row for row in [*rows[:4], sure, rows[4]]}

    def _row(self, values: dict[int, float], scale: int) -> tuple[float | None, ...]:
        return tuple(values[frame] * scale if frame in values else None for frame in range(self._frames))


def _as_filed(alpha: NDArray[Any]) -> NDArray[np.float32]:
    return quantised(alpha).astype(np.float32) / np.float32(255)


def _exact(alpha: NDArray[Any]) -> NDArray[np.float64]:
    return quantised(alpha).astype(np.float64) / 255
