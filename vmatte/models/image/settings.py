"""What a user may change about any image model; checked when made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from vmatte.core.errors import ConfigError
from vmatte.models.image.sizing import AUTO, NATIVE, parsed_size
from vmatte.models.registry import ModelSettings

# Frames computed at once: more gained nothing on published GPU figures, where one frame fills the machine.
_MOST = 64


class Procedure(Enum):
    """What surrounds the network: what suits video, or what its authors publish, made for single photographs."""

    video = "video"
    published = "published"


class Stretch(Enum):
    """Whether mattes are stretched so that they reach from 0 to 1.

    `frame` does it frame by frame, as published: a frame without a subject becomes a mask of noise, and one pixel
    changes the whole frame, which flickers. `clip` takes the extremes of the whole clip, which waits on disk until all
    is seen. `none` leaves what the network says. `auto` is `frame` in the published procedure, else `none`.
    """

    auto = "auto"
    none = "none"
    clip = "clip"
    frame = "frame"


@dataclass(frozen=True)
class ImageSettings(ModelSettings):
    """What a user may change about an image model.

    Attributes:
        size: What frames are scaled to: `auto` as the checkpoint was published, `native` not at all, a number for a
            square of that side, or WIDTHxHEIGHT.
        batch: Frames computed at once; 0 takes what free memory allows, 1 on a CPU.
    """

    #: What sides are multiples of, and the words that stand for a size.
    stride: ClassVar[int] = 32
    words: ClassVar[frozenset[str]] = frozenset({AUTO, NATIVE})

    size: str = AUTO
    batch: int = 0

    def __post_init__(self) -> None:
        """Checks the values."""
        parsed_size(self.size, self.stride, self.words)
        if not 0 <= self.batch <= _MOST:
            raise ConfigError(f"model.batch={self.batch}: 0 (automatic) to {_MOST} frames")


@dataclass(frozen=True)
class TiledSettings(ImageSettings):
    """What a user may change about an image model that can see a frame in parts.

    Attributes:
        size: As in ImageSettings.
        batch: As in ImageSettings.
        tile: Side in px of the overlapping tiles that a frame is computed in after scaling; 0 does so only when memory
            does not suffice for the whole, -1 never does. The network sees one tile at a time, so large subjects
            suffer.
    """

    tile: int = 0

    def __post_init__(self) -> None:
        """Checks the values."""
        super().__post_init__()
        if self.tile not in (-1, 0) and (self.tile < 128 or self.tile % 32):
            raise ConfigError(f"model.tile={self.tile}: -1 (never), 0 (automatic), or a multiple of 32 from 128 px up")


def stretch_of(procedure: Procedure, stretch: Stretch) -> Stretch:
    """The kind of stretching that is meant, never `auto`.

    >>> stretch_of(Procedure.video, Stretch.auto).value, stretch_of(Procedure.published, Stretch.auto).value
    ('none', 'frame')
    """
    if stretch is not Stretch.auto:
        return stretch
    return Stretch.frame if procedure is Procedure.published else Stretch.none
