"""Where a clip can be cut so that it plays round and round without a jump.

Transitions are judged as in A. Schoedl et al., "Video Textures", SIGGRAPH 2000: the frame that follows must look like
the one that would have, and so must the one before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import ConfigError
from vmatte.core.types import Image8

Floats = NDArray[np.float32]

WAYS = ("auto", "off", "bounce")
# A gesture takes about this long; shorter loops twitch.
_LEAST = 500.0
# Measured on drawn faces of 12 to 48 frames a period, with and without a camera's noise: a loop of whole periods has a
# seam of 0.00 usual steps, one that lacks a frame 0.5 to 1.6 (mostly 1.0), one that lacks two 1.7 to 4.0.
# In the first gap a seam is not seen, and up to half as much again a loop is as good as the best: the longer one wins.
_AS_GOOD, _UNSEEN = 1.5, 0.35
# From the second gap on it is seen as a jump.
JUMP = 1.65
_THUMB = 48
# Change of speed, as a logarithm, that is taken rather than a repetition: a tenth is seen only side by side.
_HARDLY = 0.1


@dataclass(frozen=True, slots=True)
class Track:
    """The frames of one playback.

    Attributes:
        places: Numbers of the frames, in the order they are shown.
        durations: Milliseconds of each.
        seam: From the last to the first, in usual steps between frames; 0 is seamless.
    """

    places: tuple[int, ...]
    durations: tuple[float, ...]
    seam: float = 0.0

    @property
    def length(self) -> float:
        """Milliseconds of one playback."""
        return float(sum(self.durations))

    def sampled(self, count: int) -> list[int]:
        """`count` of the frames, evenly apart in time.

        >>> Track((4, 5, 6, 7), (40, 40, 40, 40)).sampled(2)
        [5, 7]
        >>> Track((4, 5, 6), (10, 80, 10)).sampled(3)
        [5, 5, 5]
        """
        ends = np.cumsum(self.durations)
        middles = (np.arange(count) + 0.5) * self.length / count
        return [self.places[int(place)] for place in np.searchsorted(ends, middles, side="right")]

    def repeated(self, count: int) -> Track:
        """The same loop, so many times over.

        >>> Track((4, 5), (40, 30)).repeated(2).places
        (4, 5, 4, 5)
        """
        return Track(self.places * count, self.durations * count, self.seam)

    def beginning_with(self, place: int) -> Track:
        """The same loop, begun at another frame.

        Raises:
            ConfigError: That frame is no part of it.
        """
        if place not in self.places:
            raise ConfigError(
                f"frame {place} is not in the loop ({self.places[0]} to {max(self.places)}): take another --poster, "
                "or --loop off"
            )
        at = self.places.index(place)
        return Track(self.places[at:] + self.places[:at], self.durations[at:] + self.durations[:at], self.seam)


def in_whole_seconds(length: float, most: int) -> tuple[int, int]:
    """How often to repeat a loop, and the seconds that this is to last, at a speed that hardly changes.

    Args:
        length: Of the loop, milliseconds.
        most: Seconds at most.

    >>> in_whole_seconds(500, 4), in_whole_seconds(1100, 4), in_whole_seconds(1450, 4), in_whole_seconds(9000, 4)
    ((2, 1), (1, 1), (2, 3), (1, 4))
    """
    choices = [(count, seconds) for count in range(1, most + 1) for seconds in range(1, most + 1)]

    def change(choice: tuple[int, int]) -> float:
        return abs(math.log(choice[0] * length / (1000 * choice[1])))

    best = min(map(change, choices))
    return next(choice for choice in choices if change(choice) <= max(best, _HARDLY))


def thumbnail(rgba: Image8) -> Floats:
    """What frames are compared by: small, premultiplied, flat."""
    height, width = rgba.shape[:2]
    scale = min(1.0, _THUMB / max(height, width))
    floats = rgba.astype(np.float32)
    floats[..., :3] *= floats[..., 3:] / 255
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(floats, size, interpolation=cv2.INTER_AREA), np.float32).ravel()


def track(thumbs: Floats, times: list[float], way: str, most: float) -> Track:
    """The part of a clip to play.

    Args:
        thumbs: (N, ...) what the frames look like, of `thumbnail`.
        times: When each begins and the last ends, milliseconds.
        way: `auto` finds the best loop, `off` takes all, `bounce` plays there and back.
        most: Milliseconds of the longest playback.

    Raises:
        ConfigError: An unknown way.
    """
    if way not in WAYS:
        raise ConfigError(f"--loop {way!r}: one of {', '.join(WAYS)}")
    steps = np.diff(np.asarray(times))
    if len(thumbs) < 3 or way != "auto":
        return _straight(thumbs, steps, way, most)
    apart = _apart(thumbs)
    costs = _seams(apart)
    usual = _usual(apart)
    clock = np.asarray(times)
    lengths = clock[None, :] - clock[:-1, None]
    least = min(_LEAST, clock[-1])
    # A millisecond of grace: times of containers are rounded.
    allowed = (lengths >= least - 1) & (lengths <= most + 1)
    costs = np.where(allowed, costs, np.inf)
    best = float(costs.min())
    if not np.isfinite(best):
        return _straight(thumbs, steps, "off", most)
    good = costs <= max(_AS_GOOD * best, _UNSEEN * usual)
    longest = np.where(good, lengths, 0.0)
    tied = good & (longest >= longest.max() - 0.5)
    first, stop = np.unravel_index(int(np.where(tied, costs, np.inf).argmin()), costs.shape)
    places = range(int(first), int(stop))
    return Track(tuple(places), tuple(float(steps[place]) for place in places), float(costs[first, stop]) / usual)


def _straight(thumbs: Floats, steps: NDArray[np.float64], way: str, most: float) -> Track:
    """From the first frame on, as long as is allowed."""
    limit = most / 2 if way == "bounce" else most
    count = max(1, int(np.searchsorted(np.cumsum(steps), limit + 1, side="right")))
    places = list(range(min(count, len(thumbs))))
    if way == "bounce":
        places += places[-2:0:-1]
        return Track(tuple(places), tuple(float(steps[place]) for place in places))
    seam = 0.0
    if len(places) > 2:
        apart = _apart(thumbs[: len(places)])
        seam = float(_seams(apart)[0, len(places)]) / _usual(apart)
    return Track(tuple(places), tuple(float(steps[place]) for place in places), seam)


def _apart(thumbs: Floats) -> Floats:
    """(N, N) mean squared difference of each pair of frames: for edges that move it grows with the distance."""
    wide = thumbs.astype(np.float64)
    squares = np.einsum("ij,ij->i", wide, wide)
    apart = np.maximum(squares[:, None] + squares - 2 * wide @ wide.T, 0) / wide.shape[1]
    return np.asarray(apart, np.float32)


def _usual(apart: Floats) -> float:
    """The usual step; a still clip has none, so it is at least a rounding error."""
    return max(float(np.median(np.diagonal(apart, 1))), 0.1)


def _seams(apart: Floats) -> Floats:
    """(N, N + 1) what is seen when frame `j - 1` is followed by frame `i`.

    Frame `j` should have followed, and frame `i - 1` should have come before: their differences are the seam. The whole
    clip has neither; its seam is what the jump exceeds the steps around it by.
    """
    count = len(apart)
    after = np.full((count, count + 1), np.nan, np.float32)
    after[:, :count] = apart
    before = np.full((count, count + 1), np.nan, np.float32)
    before[1:, 1:] = apart[:-1, :]
    both = np.stack([after, before])
    known = np.isfinite(both)
    costs = np.where(known, both, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    costs[0, count] = max(0.0, float(apart[count - 1, 0]) - float(max(apart[0, 1], apart[count - 2, count - 1])))
    costs[np.arange(count)[:, None] >= np.arange(count + 1)[None, :]] = np.inf
    return np.asarray(costs, np.float32)
