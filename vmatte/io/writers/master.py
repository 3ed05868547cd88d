"""`alpha`: the matte alone, 16 bits, lossless, small: FFV1 in Matroska.

FFV1 version 3 (RFC 9043) with every frame a key frame, so frames are independent of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av import VideoFrame

from vmatte.core.errors import OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.planes import fingerprint, plane, put_alpha
from vmatte.io.writers.recipe import STARTS, Recipe, check_choice
from vmatte.io.writers.tags import COVERAGE

_FORMAT = "gray16le"
_OPAQUE = 65535
# FFmpeg's Matroska writer fixes TimestampScale at one millisecond.
_TICK = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class MasterOptions:
    """Options of `alpha`.

    Attributes:
        start: `source` keeps the source's timestamps, `zero` starts at zero.
        workers: Encoders side by side; 0 for one per free processor.
    """

    start: str = "source"
    workers: int = 0

    def __post_init__(self) -> None:
        check_choice("start", self.start, STARTS)


def master(clip: Clip, options: MasterOptions) -> Recipe:
    """The recipe for a clip. Times are rounded to the millisecond: Matroska has no finer ticks."""
    # PyAV has no way to set the aspect that FFmpeg's Matroska writer reads.
    square = (f"the pixels' shape ({clip.sample_aspect}) is not stored: set it when the matte is used alone",)

    def draw(picture: Picture) -> tuple[VideoFrame, float]:
        if picture.alpha is None:
            raise OutputError("this output needs alpha: give it the alpha view")
        frame = VideoFrame(clip.width, clip.height, _FORMAT)
        codes = plane(frame, 0, np.uint16)
        put_alpha(codes, picture.alpha, _OPAQUE)
        return frame, fingerprint(codes)

    return Recipe(
        container="matroska",
        codec="ffv1",
        pixel_format=_FORMAT,
        # Key frames only, contexts reset in each; checksums per slice let a reader find damage.
        settings={"level": "3", "g": "1", "context": "0", "slicecrc": "1"},
        width=clip.width,
        height=clip.height,
        tags=COVERAGE,
        draw=draw,
        read=_read,
        tick=_TICK,
        warnings=square if clip.sample_aspect != 1 else (),
    )


def _read(frame: VideoFrame) -> float:
    return fingerprint(plane(frame, 0, np.uint16)) if frame.format.name == _FORMAT else -1
