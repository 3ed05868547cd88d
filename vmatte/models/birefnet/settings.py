"""What a user may change about the family, one class a card; checked when made."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.core.errors import ConfigError
from vmatte.models.birefnet.sizing import parsed_size
from vmatte.models.birefnet.variants import PatchOrder
from vmatte.models.registry import ModelSettings

# Frames computed at once: more gained nothing on published GPU figures, where one frame fills the machine.
_MOST = 64


@dataclass(frozen=True)
class BiRefNetSettings(ModelSettings):
    """What a user may change about BiRefNet.

    Attributes:
        size: What frames are scaled to: `auto` as the checkpoint was published, `native` not at all, a number for a
            square of that side, or WIDTHxHEIGHT; sides are multiples of 32 px.
        patch_order: Order of the picture's tiles that the weights were trained with; `auto` takes the card's.
        batch: Frames computed at once; 0 takes what free memory allows, 1 on a CPU.
        tile: Side in px of the overlapping tiles that a frame is computed in after scaling; 0 does so only when memory
            does not suffice for the whole, -1 never does. The network sees one tile at a time, so large subjects
            suffer.
    """

    name: str = "birefnet"
    size: str = "auto"
    patch_order: PatchOrder = PatchOrder.auto
    batch: int = 0
    tile: int = 0

    def __post_init__(self) -> None:
        """Checks the values."""
        parsed_size(self.size)
        if not 0 <= self.batch <= _MOST:
            raise ConfigError(f"model.batch={self.batch}: 0 (automatic) to {_MOST} frames")
        if self.tile not in (-1, 0) and (self.tile < 128 or self.tile % 32):
            raise ConfigError(f"model.tile={self.tile}: -1 (never), 0 (automatic), or a multiple of 32 from 128 px up")


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
