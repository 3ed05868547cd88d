"""The drift alarm: a stage that changes nothing and remembers which frames a person should look at."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from vmatte.core.keeping import FORGETFUL, Keeper, noted
from vmatte.core.types import Clip, Matte, Stream
from vmatte.ops.consistency import Follower

# On drawn clips exact mattes stay under 1.7 % a frame, and a follower that loses or gains a limb shows 2.3 to 6 %.
_JUMP = 0.02
# Frames must also stand out from their clip, whose own noise differs: this many times its median.
_ABOVE = 4.0
# A model's own measure has no scale that holds for every clip: what falls far below the clip's median stands out.
_DROP = 0.15
# Two masks of one subject that were both right lead to mattes that agree but for their edges.
_DISPUTE = 0.05
# Findings this many frames apart are one thing to look at.
_APART = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """Frames to look at.

    Attributes:
        layer: Name of the matte.
        first: Number of the first frame.
        last: Number of the last.
        worst: Number of the one that stands out most.
        why: What was seen, for people.
    """

    layer: str
    first: int
    last: int
    worst: int
    why: str

    def __str__(self) -> str:
        frames = f"frame {self.first}" if self.first == self.last else f"frames {self.first} to {self.last}"
        return f"look at {frames} of {self.layer}: {self.why}"


@dataclass
class _Series:
    """Four numbers a frame: nothing else grows with the clip, and these take 20 MB after ten hours."""

    frames: array[int] = field(default_factory=lambda: array("l"))
    jumps: array[float] = field(default_factory=lambda: array("f"))
    sure: array[float] = field(default_factory=lambda: array("f"))
    disputes: array[float] = field(default_factory=lambda: array("f"))


class Watch:
    """A Stage. Afterwards `findings` says what stood out."""

    def __init__(self) -> None:
        self._follower = Follower()
        self._series: dict[str, _Series] = {}

    def __call__(self, clip: Clip, mattes: Iterator[Matte], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        if keeper.kept is not None:
            self._follower, self._series = keeper.kept
        mattes = noted(mattes, keeper, lambda: (self._follower, self._series))
        for matte in mattes:
            frame = matte.frame
            found = self._follower.frame(frame.sdr, {layer.name: layer.alpha for layer in matte.layers})
            for layer in matte.layers:
                series = self._series.setdefault(layer.name, _Series())
                series.frames.append(frame.index)
                series.jumps.append(found.get(layer.name, 0.0))
                series.sure.append(np.nan if layer.confidence is None else layer.confidence)
                series.disputes.append(layer.dispute)
            yield matte

    def findings(self) -> list[Finding]:
        """What stood out, in the order of the clip."""
        found = [finding for name, series in self._series.items() for finding in _of(name, series)]
        return sorted(found, key=lambda finding: (finding.first, finding.layer))

    def confidence(self) -> dict[str, dict[str, float]]:
        """Median and lowest confidence of each matte whose model has one, and the frame of the lowest."""
        told = {}
        for name, series in self._series.items():
            sure = np.array(series.sure)
            if np.isfinite(sure).any():
                low = int(np.nanargmin(sure))
                told[name] = {"median": float(np.nanmedian(sure)), "lowest": float(sure[low]), "at": series.frames[low]}
        return told


def _of(name: str, series: _Series) -> Iterator[Finding]:
    frames, jumps, sure = (np.array(part) for part in (series.frames, series.jumps, series.sure))
    most = max(_JUMP, _ABOVE * float(np.median(jumps)))
    for group in _groups(frames, jumps > most):
        worst = group[int(np.argmax(jumps[group]))]
        share = f"{jumps[worst]:.0%} of the matte changed where the picture did not"
        yield Finding(name, int(frames[group[0]]), int(frames[group[-1]]), int(frames[worst]), share)
    disputes = np.array(series.disputes)
    for group in _groups(frames, disputes > _DISPUTE):
        worst = group[int(np.argmax(disputes[group]))]
        why = f"followed from the mask before and from the mask after, {disputes[worst]:.0%} of the matte differs"
        yield Finding(name, int(frames[group[0]]), int(frames[group[-1]]), int(frames[worst]), why)
    if not np.isfinite(sure).any():
        return
    median = float(np.nanmedian(sure))
    spread = float(np.nanmedian(np.abs(sure - median)))
    for group in _groups(frames, sure < median - max(_DROP, _ABOVE * spread)):
        worst = group[int(np.nanargmin(sure[group]))]
        why = f"the model is {sure[worst]:.0%} sure, {median:.0%} elsewhere"
        yield Finding(name, int(frames[group[0]]), int(frames[group[-1]]), int(frames[worst]), why)


def _groups(frames: np.ndarray[tuple[int, ...], np.dtype[np.int64]], chosen: np.ndarray) -> Sequence[Sequence[int]]:
    """Places of the chosen frames, those close together in one group."""
    groups: list[list[int]] = []
    for place in np.flatnonzero(chosen).tolist():
        if groups and frames[place] - frames[groups[-1][-1]] <= _APART:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups
