"""`prores`: ProRes 4444 with straight alpha in QuickTime, for editors.

Encoded by `prores_ks`, the one of FFmpeg's encoders that keeps every 10-bit alpha code; with `prores_aw` opaque
comes back as 4092 of 4095.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from av import VideoFrame

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.planes import fingerprint, plane, put_alpha, put_yuv
from vmatte.io.writers.recipe import STARTS, Recipe, check_choice
from vmatte.io.writers.tags import prores_tags

_FORMAT = "yuva444p10le"
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


def prores(clip: Clip, options: ProresOptions) -> Recipe:
    """The recipe for a clip."""
    tags = prores_tags(clip.colour)
    settings = {"profile": options.profile, "alpha_bits": "16", "vendor": "apl0"}
    if options.bits_per_mb:
        settings["bits_per_mb"] = str(options.bits_per_mb)

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
        settings=settings,
        width=clip.width,
        height=clip.height,
        tags=tags,
        draw=draw,
        read=_read,
        audio=options.audio,
    )


def _read(frame: VideoFrame) -> float:
    opaque = _DECODED_OPAQUE.get(frame.format.name)
    if opaque is None:
        return -1  # no mark is negative: the alpha is missing
    # A table of codes, since the inverse of the decoder's widening is a rounding division.
    narrow = np.rint(np.arange(opaque + 1) * (_OPAQUE / opaque)).astype(np.uint16)
    return fingerprint(narrow[plane(frame, 3, np.uint16)])
