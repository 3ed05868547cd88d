"""What a user may change about InSPyReNet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vmatte.core.errors import ConfigError
from vmatte.models.image.settings import ImageSettings, Procedure, Stretch
from vmatte.models.image.sizing import AUTO, NATIVE
from vmatte.models.inspyrenet.sizing import DYNAMIC


@dataclass(frozen=True)
class InSPyReNetSettings(ImageSettings):
    """What a user may change about InSPyReNet.

    The network sums its contexts over the whole frame: there are no tiles.

    Attributes:
        procedure: What surrounds the network: `video`, or `published`, which stretches each matte and scales it from
            corner to corner.
        stretch: Whether mattes are stretched to reach from 0 to 1.
        base: Side in px of the squares that the weights were trained on, part of the network; 0 takes the card's.
        blend: Whether a second pass sees the frame in its own shape (as `size=dynamic`) and makes the first one's matte
            sharper near edges; for weights trained on 384 px, and frames above 512 px.
        size: What frames are scaled to: `auto` to the square of the training as published, `dynamic` to their own shape
            with up to 1280 px on the shorter side, `native` to the nearest multiples of 32 px, a number for a square of
            that side, or WIDTHxHEIGHT.
    """

    words: ClassVar[frozenset[str]] = frozenset({AUTO, DYNAMIC, NATIVE})

    name: str = "inspyrenet"
    procedure: Procedure = Procedure.video
    stretch: Stretch = Stretch.auto
    base: int = 0
    blend: bool = False

    def __post_init__(self) -> None:
        """Checks the values."""
        super().__post_init__()
        if self.base != 0 and (self.base < 128 or self.base % 32):
            raise ConfigError(f"model.base={self.base}: 0 (the card's), or a multiple of 32 from 128 px up")
