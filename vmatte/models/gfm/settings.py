"""What a user may change about GFM."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vmatte.models.image.settings import ImageSettings


class Strategy(Enum):
    """How often a frame is looked at.

    `hybrid` glances at a third of its size and focuses at half of it, as published; `resize` does both at half, in a
    little more than half the time. The merging weights (`gfm.d121-rim`) always look once, at a third. `auto` is
    `hybrid` where there is a choice.
    """

    auto = "auto"
    hybrid = "hybrid"
    resize = "resize"


@dataclass(frozen=True)
class GFMSettings(ImageSettings):
    """What a user may change about GFM.

    The network relates every pixel to the whole frame: there are no tiles.

    Attributes:
        strategy: How often a frame is looked at.
        size: What frames are scaled to: `auto` by the strategy as published, `native` to multiples of 32 px, a number
            for a square of that side, or WIDTHxHEIGHT; all but `auto` look once.
    """

    name: str = "gfm.r34"
    strategy: Strategy = Strategy.auto
