"""`ffv1-rgba` and `qtrle`: colour and alpha in one lossless file.

FFV1 (RFC 9043) in Matroska keeps 16 bits of each; QuickTime Animation keeps 8 and is read by everything old.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av import VideoFrame

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.holding import QUICKTIME
from vmatte.io.writers.planes import at_depth, fingerprint, plane, put_alpha, put_packed
from vmatte.io.writers.recipe import STARTS, Recipe, check_choice
from vmatte.io.writers.tags import png_tags

# FFmpeg's Matroska writer fixes TimestampScale at one millisecond.
_TICK = Fraction(1, 1000)
# Places of R, G and B among the planes of FFmpeg's GBR formats; alpha is the fourth.
_PLANES = (2, 0, 1)


@dataclass(frozen=True, slots=True)
class MasterRgbaOptions:
    """Options of `ffv1-rgba`.

    Attributes:
        bits: 16, or 8 for a smaller file.
        start: `source` keeps the source's timestamps, `zero` starts at zero.
        workers: Encoders side by side; 0 for one per free processor.
    """

    bits: int = 16
    start: str = "source"
    workers: int = 0

    def __post_init__(self) -> None:
        check_choice("start", self.start, STARTS)
        if self.bits not in (8, 16):
            raise ConfigError(f"bits must be 8 or 16, not {self.bits}")


@dataclass(frozen=True, slots=True)
class QtrleOptions:
    """Options of `qtrle`.

    Attributes:
        audio: Whether all sound of the source goes along.
        start: `source` keeps the source's timestamps, `zero` starts at zero.
        workers: Encoders side by side; 0 for one per free processor.
    """

    audio: bool = True
    start: str = "source"
    workers: int = 0

    def __post_init__(self) -> None:
        check_choice("start", self.start, STARTS)


def master_rgba(clip: Clip, options: MasterRgbaOptions) -> Recipe:
    """The recipe of `ffv1-rgba` for a clip. Times are rounded to the millisecond: Matroska has no finer ticks."""
    layout = "gbrap16le" if options.bits == 16 else "bgra"

    def draw(picture: Picture) -> tuple[VideoFrame, float]:
        if picture.colour is None:
            raise OutputError("this output needs colour: give it a view with colour and alpha")
        frame = VideoFrame(clip.width, clip.height, layout)
        if options.bits == 8:
            put_packed(plane(frame, 0, np.uint8, 4), "bgra", picture.colour, picture.alpha)
        else:
            for index, place in enumerate(_PLANES):
                plane(frame, place, np.uint16)[:] = at_depth(picture.colour[..., index], deep=True)
            put_alpha(plane(frame, 3, np.uint16), picture.alpha, 65535)
        return frame, _mark(frame, layout)

    notes: tuple[str, ...] = ()
    if clip.sample_aspect != 1:
        notes = (f"the pixels' shape ({clip.sample_aspect}) is not stored: set it where the file is used",)
    return Recipe(
        container="matroska",
        codec="ffv1",
        pixel_format=layout,
        # As for the matte's master: key frames only, contexts reset in each, checksums per slice.
        settings={"level": "3", "g": "1", "context": "0", "slicecrc": "1"},
        width=clip.width,
        height=clip.height,
        tags=png_tags(clip.colour),
        draw=draw,
        read=lambda frame: _mark(frame, layout),
        marks="colour and alpha",
        tick=_TICK,
        warnings=notes,
    )


def qtrle(clip: Clip, options: QtrleOptions) -> Recipe:
    """The recipe of `qtrle` for a clip: 8 bits, and every frame a key frame."""

    def draw(picture: Picture) -> tuple[VideoFrame, float]:
        if picture.colour is None:
            raise OutputError("this output needs colour: give it a view with colour and alpha")
        frame = VideoFrame(clip.width, clip.height, "argb")
        put_packed(plane(frame, 0, np.uint8, 4), "argb", picture.colour, picture.alpha)
        return frame, _mark(frame, "argb")

    notes = ("colours were rounded to 8 bits, the most this format holds",) if clip.depth > 8 else ()
    return Recipe(
        container="mov",
        codec="qtrle",
        pixel_format="argb",
        settings={"g": "1"},
        width=clip.width,
        height=clip.height,
        tags=png_tags(clip.colour),
        draw=draw,
        read=lambda frame: _mark(frame, "argb"),
        marks="colour and alpha",
        sound=QUICKTIME if options.audio else None,
        warnings=notes,
    )


def _mark(frame: VideoFrame, layout: str) -> float:
    """Of all samples of a frame; no mark is negative, so a frame of another layout differs from all."""
    if frame.format.name != layout:
        return -1
    if len(frame.planes) == 1:
        return fingerprint(plane(frame, 0, np.uint8, 4))
    return sum(fingerprint(plane(frame, index, np.uint16)) << index for index in range(4))
