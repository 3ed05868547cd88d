"""What a user may change about ViTMatte, one class a card."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vmatte.models.image.settings import Procedure
from vmatte.models.trimapped.settings import TrimapSettings


class Attention(Enum):
    """How patches that see the whole picture do so; the results are the same but for rounding.

    `chunked` computes some rows of scores at a time, `folded` makes the positions part of queries and keys, so that
    fused kernels can be used. `auto` folds where those kernels take the width (up to 1920x1088 and frames with no more
    rows and columns together), and small pictures need no care.
    """

    auto = "auto"
    chunked = "chunked"
    folded = "folded"


@dataclass(frozen=True)
class ViTMatteSettings(TrimapSettings):
    """What a user may change about ViTMatte.

    Attributes:
        procedure: What surrounds the network: `video` pads frames to the next multiple of 32 px and leaves what the
            trimap knows at 0 and 1; `published` pads both sides where one needs it, a side that fits by 32 px, and
            leaves whatever the network says.
        attention: How patches that see the whole picture do so.
    """

    name: str = "vitmatte.s"
    procedure: Procedure = Procedure.video
    attention: Attention = Attention.auto


@dataclass(frozen=True)
class ViTMatteBSettings(ViTMatteSettings):
    """As ViTMatteSettings."""

    name: str = "vitmatte.b"


@dataclass(frozen=True)
class ViTMatteSDistinctionsSettings(ViTMatteSettings):
    """As ViTMatteSettings."""

    name: str = "vitmatte.s-distinctions"


@dataclass(frozen=True)
class ViTMatteBDistinctionsSettings(ViTMatteSettings):
    """As ViTMatteSettings."""

    name: str = "vitmatte.b-distinctions"
