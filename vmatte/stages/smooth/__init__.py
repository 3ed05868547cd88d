"""Smoothers: stages that make mattes steady over time, one a name.

`ema` is plain and trails what moves. The others bring the mattes of the frames around along optical flow, look two
frames ahead, and touch only what reverses: a pixel whose matte lies between its neighbours' in time stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vmatte.core.types import Stage
from vmatte.stages.smooth.ema import Ema
from vmatte.stages.smooth.estimate import mean, median
from vmatte.stages.smooth.flow import Flow

__all__ = ["SMOOTHERS", "Ema", "Flow"]

# Frames that say how much a matte flickers: those at hand (three let exact mattes with motion blur through), or about a
# second of the clip.
_AT_HAND, _CLIP = 8, 24

#: By name; each takes the share of the past that `ema` keeps, and how many frames the others look either way.
SMOOTHERS: Mapping[str, Callable[[float, int], Stage]] = {
    "ema": lambda keep, reach: Ema(keep),
    "flow-ema": lambda keep, reach: Flow(mean, reach, _AT_HAND),
    "median": lambda keep, reach: Flow(median, reach, _AT_HAND),
    "auto": lambda keep, reach: Flow(mean, reach, _CLIP),
}
