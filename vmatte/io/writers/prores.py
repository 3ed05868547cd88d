"""`prores`, `prores-xq`: ProRes 4444 with alpha in QuickTime, for editors; and opaque, for one layer of a picture.

Encoded by `prores_ks`, the one of FFmpeg's encoders that keeps every 10-bit alpha code; with `prores_aw` opaque
comes back as 4092 of 4095.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av import VideoFrame

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.holding import QUICKTIME
from vmatte.io.writers.planes import fingerprint, plane, put_alpha, put_yuv
from vmatte.io.writers.quicktime import state_grading
from vmatte.io.writers.recipe import STARTS, Recipe, check_choice
from vmatte.io.writers.tags import yuv_tags

_FORMAT, _OPAQUE_FORMAT = "yuva444p10le", "yuv444p10le"
_OPAQUE = 1023
# The decoder widens to 12 bits: FFmpeg 8 always, older ones for XQ only.
_DECODED_OPAQUE = {"yuva444p12le": 4095, "yuva444p10le": 1023}
_PROFILES = ("4444", "4444xq")
# Bits per macroblock that prores_ks accepts (its option `bits_per_mb`).
_MOST_BITS = 8192


@dataclass(frozen=True, slots=True)
class ProresOptions:
    """Options of `prores`.

    Attributes:
        profile: `4444` or `4444xq`.
        bits_per_mb: Bits per macroblock for a smaller file, at most 8192; alpha stays exact. 0 for the finest.
        audio: Whether all sound of the source goes along.
        start: `source` keeps the source's timestamps, `zero` starts at zero.
        workers: Encoders side by side; 0 for one per free processor.
    """

    profile: str = "4444"
    bits_per_mb: int = 0
    audio: bool = True
    start: str = "source"
    workers: int = 0

    def __post_init__(self) -> None:
        check_choice("profile", self.profile, _PROFILES)
        check_choice("start", self.start, STARTS)
        if not 0 <= self.bits_per_mb <= _MOST_BITS:
            raise ConfigError(f"bits_per_mb must be 0 to {_MOST_BITS}, not {self.bits_per_mb}")


@dataclass(frozen=True, slots=True)
class ProresXqOptions(ProresOptions):
    """Options of `prores-xq`: those of `prores` at twice its data rate."""

    profile: str = "4444xq"


def prores(clip: Clip, options: ProresOptions) -> Recipe:
    """The recipe for a clip."""
    tags = yuv_tags(clip.colour)

    def draw(picture: Picture) -> tuple[VideoFrame, float]:
        if picture.colour is None:
            raise OutputError("this output needs colour: give it a view with colour and alpha")
        frame = VideoFrame(clip.width, clip.height, _FORMAT)
        put_yuv(frame, picture.colour, tags.matrix)
        alpha = plane(frame, 3, np.uint16)
        put_alpha(alpha, picture.alpha, _OPAQUE)
        return frame, fingerprint(alpha)

    return Recipe(
        container="mov",
        codec="prores_ks",
        pixel_format=_FORMAT,
        settings=_settings(options, alpha_bits=16),
        width=clip.width,
        height=clip.height,
        tags=tags,
        draw=draw,
        read=_read,
        sound=QUICKTIME if options.audio else None,
        complete=_complete(clip),
    )


def prores_opaque(clip: Clip, options: ProresOptions) -> Recipe:
    """The recipe for colours without alpha."""
    tags = yuv_tags(clip.colour)

    def draw(picture: Picture) -> tuple[VideoFrame, float]:
        if picture.colour is None:
            raise OutputError("this output needs colour: give it a view with colour")
        frame = VideoFrame(clip.width, clip.height, _OPAQUE_FORMAT)
        put_yuv(frame, picture.colour, tags.matrix)
        return frame, float(plane(frame, 0, np.uint16).mean())

    def read(frame: VideoFrame) -> float:
        # FFmpeg 8 widens to 12 bits.
        narrow = {"yuv444p12le": 4.0, _OPAQUE_FORMAT: 1.0}.get(frame.format.name)
        return -1 if narrow is None else float(plane(frame, 0, np.uint16).mean()) / narrow

    return Recipe(
        container="mov",
        codec="prores_ks",
        pixel_format=_OPAQUE_FORMAT,
        settings=_settings(options, alpha_bits=0),
        width=clip.width,
        height=clip.height,
        tags=tags,
        draw=draw,
        read=read,
        marks="mean luma",
        # As for H.264: 2 of 219 codes of 8 bits tell one frame from another.
        tolerance=8,
        sound=QUICKTIME if options.audio else None,
        complete=_complete(clip),
    )


def _complete(clip: Clip) -> Callable[[Path], None] | None:
    grading = clip.grading
    return None if grading is None else lambda path: state_grading(path, grading)


def _settings(options: ProresOptions, alpha_bits: int) -> dict[str, str]:
    settings = {"profile": options.profile, "alpha_bits": str(alpha_bits), "vendor": "apl0"}
    if options.bits_per_mb:
        settings["bits_per_mb"] = str(options.bits_per_mb)
    return settings


def _read(frame: VideoFrame) -> float:
    opaque = _DECODED_OPAQUE.get(frame.format.name)
    if opaque is None:
        return -1  # no mark is negative: the alpha is missing
    # A table of codes, since the inverse of the decoder's widening is a rounding division.
    narrow = np.rint(np.arange(opaque + 1) * (_OPAQUE / opaque)).astype(np.uint16)
    return fingerprint(narrow[plane(frame, 3, np.uint16)])
