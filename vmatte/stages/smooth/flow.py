"""The motion-compensated smoother: a stage that looks ahead and touches only what flickers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import ConfigError
from vmatte.core.flow import Prefetch
from vmatte.core.types import Alpha, Clip, Layer, Matte, Stream
from vmatte.ops.colour_line import Statistics, statistics
from vmatte.ops.follow import Predicted
from vmatte.stages.smooth.brought import Brought, bring, resized
from vmatte.stages.smooth.evidence import agreed
from vmatte.stages.smooth.gain import levelled
from vmatte.stages.smooth.reversal import Flicker, flicker
from vmatte.stages.smooth.sight import Seen, Way, sighted, ways
from vmatte.stages.smooth.window import windows

Floats = NDArray[np.float32]
Estimator = Callable[[Alpha, Mapping[int, Predicted]], Floats]

# A clip is held to be steady until frames say otherwise: the first passage of one alone may be what errs.
_STEADY = (0.0, 0.0)
# Flow that the thread of its own may find ahead, frames.
_AHEAD = 2


@dataclass(frozen=True)
class Flow:
    """A Stage that comes out `reach` frames late, with the same mattes in the same order.

    The first and the last frame stay as they are: a reversal shows from both sides only. So does everything beyond a
    cut, where no flow can be believed.

    Attributes:
        estimate: What a flickering pixel becomes.
        reach: Frames to look at before and after each one, 1 or 2.
        memory: Frames whose flicker sets the strength: few follow every passage of the clip, many judge it as a whole.
        rows: Flow is found at this size; see `vmatte.ops.flow.dense`.
    """

    estimate: Estimator
    reach: int = 2
    memory: int = 3
    rows: int = 360

    def __post_init__(self) -> None:
        if self.reach not in (1, 2):
            raise ConfigError(f"smoothing.reach is {self.reach}: use 1 or 2 frames")

    def __call__(self, clip: Clip, mattes: Iterator[Matte]) -> Stream[Matte]:
        levels: dict[str, deque[float]] = {}
        with closing(Prefetch(sighted(mattes, self.rows), _AHEAD, "flow")) as seen:
            for window in windows(seen, self.reach):
                yield self._smoothed(window, levels)

    def _smoothed(self, window: Mapping[int, Seen], levels: dict[str, deque[float]]) -> Matte:
        matte = window[0].matte
        if not _moves(window):
            return matte
        found = ways(window)
        if -1 not in found or 1 not in found:
            return matte
        layers, colours = [], statistics(window[0].small, np.float32)
        for place, layer in enumerate(matte.layers):
            held = levels.setdefault(layer.name, deque(_STEADY, self.memory))
            alphas = _alphas(window, layer.name, place)
            layers.append(self._steadied(layer, alphas, found, held, colours))
        return replace(matte, layers=tuple(layers))

    def _steadied(
        self,
        layer: Layer,
        alphas: Mapping[int, Alpha],
        found: Mapping[int, Way],
        levels: deque[float],
        colours: Statistics,
    ) -> Layer:
        if -1 not in alphas or 1 not in alphas or _alike(alphas):
            return layer
        seen = levelled(bring(alphas, found))
        measured = flicker(seen, found[-1], found[1])
        levels.append(measured.level)
        change = _change(seen, measured, sorted(levels)[(len(levels) - 1) // 2], self.estimate, colours)
        if change is None:
            return layer if seen.alpha is layer.alpha else replace(layer, alpha=seen.alpha)
        return replace(layer, alpha=np.clip(seen.alpha + change, 0, 1))


def _change(seen: Brought, measured: Flicker, level: float, estimate: Estimator, colours: Statistics) -> Floats | None:
    """What to add to a matte: the lesser correction of the two ways, as far as the gates allow; None for nothing."""
    alpha = seen.alpha
    gate = measured.gate(level, alpha.shape)
    if not gate.any():
        return None
    along, carried = (estimate(alpha, others) - alpha for others in (seen.along, seen.carried))
    believed = seen.along[-1].valid & seen.along[1].valid
    least = np.where(np.abs(along) < np.abs(carried), along, carried)
    gross = measured.gross(alpha.shape)
    change: Floats = gross * carried + np.where(believed, (1 - gross) * gate * least, np.float32(0))
    size = colours.rgb[0].shape
    proposed = alpha + np.where(believed, least, carried)
    agreement = agreed(colours, resized(alpha, size), resized(np.clip(proposed, 0, 1), size), seen.base, level)
    return change * resized(agreement, alpha.shape)


def _alphas(window: Mapping[int, Seen], name: str, place: int) -> dict[int, Alpha]:
    """The layer of that name in every matte of the window, by offset."""
    found = {}
    for offset, seen in window.items():
        same = [layer.alpha for layer in seen.matte.layers if layer.name == name]
        if same and same[0].shape == window[0].matte.frame.rgb.shape[:2]:
            found[offset] = same[0]
    return found


def _moves(window: Mapping[int, Seen]) -> bool:
    return -1 in window and 1 in window


def _alike(alphas: Mapping[int, Alpha]) -> bool:
    """Whether there is nothing to do because every frame has the same plain matte, empty or full."""
    first = float(alphas[0].flat[0])
    return all(bool((alpha == first).all()) for alpha in alphas.values())
