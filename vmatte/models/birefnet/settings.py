"""What a user may change about the family, one class a card; checked when made."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.models.birefnet.variants import PatchOrder
from vmatte.models.image.settings import TiledSettings


@dataclass(frozen=True)
class BiRefNetSettings(TiledSettings):
    """What a user may change about BiRefNet.

    Attributes:
        patch_order: Order of the picture's tiles that the weights were trained with; `auto` takes the card's.
        size: What frames are scaled to: `auto` as the checkpoint was published, `native` not at all, a number for a
            square of that side, or WIDTHxHEIGHT; sides are multiples of 32 px.
    """

    name: str = "birefnet"
    patch_order: PatchOrder = PatchOrder.auto
