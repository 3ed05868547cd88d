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


@dataclass(frozen=True)
class BiRefNetLiteSettings(BiRefNetSettings):
    """As BiRefNetSettings."""

    name: str = "birefnet.lite"


@dataclass(frozen=True)
class BiRefNetLite2KSettings(BiRefNetSettings):
    """As BiRefNetSettings."""

    name: str = "birefnet.lite-2k"


@dataclass(frozen=True)
class BiRefNetLiteMattingSettings(BiRefNetSettings):
    """As BiRefNetSettings."""

    name: str = "birefnet.lite-matting"


@dataclass(frozen=True)
class BiRefNetPortraitSettings(BiRefNetSettings):
    """As BiRefNetSettings."""

    name: str = "birefnet.portrait"


@dataclass(frozen=True)
class BiRefNetMattingSettings(BiRefNetSettings):
    """As BiRefNetSettings."""

    name: str = "birefnet.matting"


@dataclass(frozen=True)
class BiRefNetHRSettings(BiRefNetSettings):
    """As BiRefNetSettings."""

    name: str = "birefnet.hr"


@dataclass(frozen=True)
class BiRefNetHRMattingSettings(BiRefNetSettings):
    """As BiRefNetSettings."""

    name: str = "birefnet.hr-matting"


@dataclass(frozen=True)
class BiRefNetDynamicSettings(BiRefNetSettings):
    """As BiRefNetSettings."""

    name: str = "birefnet.dynamic"


@dataclass(frozen=True)
class BiRefNetDynamicMattingSettings(BiRefNetSettings):
    """As BiRefNetSettings."""

    name: str = "birefnet.dynamic-matting"


@dataclass(frozen=True)
class BiRefNet512Settings(BiRefNetSettings):
    """As BiRefNetSettings."""

    name: str = "birefnet.512"


@dataclass(frozen=True)
class ToonOutSettings(BiRefNetSettings):
    """As BiRefNetSettings."""

    name: str = "toonout"
