"""What a user may change about U2-Net."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from vmatte.models.image.settings import Procedure, Stretch, TiledSettings


class Gain(Enum):
    """What colours are divided by: 255, or the largest value in each frame, as published.

    The two are the same for every frame that has a white pixel; the second flickers in shots that have none. `auto` is
    `frame` in the published procedure, else `none`.
    """

    auto = "auto"
    none = "none"
    frame = "frame"


@dataclass(frozen=True)
class U2NetSettings(TiledSettings):
    """What a user may change about U2-Net.

    Attributes:
        procedure: What surrounds the network: `video`, or `published`, which scales frames without antialiasing with a
            dark rim, divides them by their largest value, and stretches each matte.
        stretch: Whether mattes are stretched to reach from 0 to 1.
        gain: What colours are divided by.
        size: What frames are scaled to: `auto` to 320x320 as published, `native` not at all, a number for a square of
            that side, or WIDTHxHEIGHT.
    """

    stride: ClassVar[int] = 1

    name: str = "u2net"
    procedure: Procedure = Procedure.video
    stretch: Stretch = Stretch.auto
    gain: Gain = Gain.auto
