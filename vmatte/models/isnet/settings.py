"""What a user may change about IS-Net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vmatte.models.image.settings import Procedure, Stretch, TiledSettings


@dataclass(frozen=True)
class ISNetSettings(TiledSettings):
    """What a user may change about IS-Net.

    Attributes:
        procedure: What surrounds the network: `video`, or `published`, which scales without antialiasing, rounds
            colours down, and stretches each matte (but for the anime weights, whose authors do not).
        stretch: Whether mattes are stretched to reach from 0 to 1.
        size: What frames are scaled to: `auto` to 1024x1024 as published, `native` not at all, a number for a square of
            that side, or WIDTHxHEIGHT. The anime weights see the whole frame in its own shape, black around it.
    """

    stride: ClassVar[int] = 1

    name: str = "isnet"
    procedure: Procedure = Procedure.video
    stretch: Stretch = Stretch.auto
