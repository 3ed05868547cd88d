"""What a user may change about MODNet."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.models.image.settings import ImageSettings, Procedure


@dataclass(frozen=True)
class MODNetSettings(ImageSettings):
    """What a user may change about MODNet.

    The network relates every pixel to the whole frame: there are no tiles.

    Attributes:
        procedure: What surrounds the network: `video`, or `published`, which keeps sizes on both sides of 512 px and
            scales by area both ways, so that the network's pixels show as blocks.
        size: What frames are scaled to: `auto` to 512 px on the shorter side as published, `native` to the nearest
            multiples of 32 px, a number for a square of that side, or WIDTHxHEIGHT.
    """

    name: str = "modnet"
    procedure: Procedure = Procedure.video
