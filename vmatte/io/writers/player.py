"""`alpha-mp4`: the matte alone as a video that every player shows: H.264 in MP4.

For looking at, not for work: 8 bits, lossy, video levels (black 16, white 235) tagged as such.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from av import VideoFrame

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.planes import plane, put_alpha
from vmatte.io.writers.recipe import STARTS, STEADY, Recipe, check_choice
from vmatte.io.writers.tags import VIDEO

# ITU-R BT.709-6, 8-bit video levels.
_BLACK, _WHITE, _NO_CHROMA = 16, 235, 128
# Up to here a frame's mean stays within 1.2 codes, on noise, steps and ramps; at 40 it is 4 off.
_MOST_CRF = 30


@dataclass(frozen=True, slots=True)
class PlayerOptions:
    """Options of `alpha-mp4`.

    Attributes:
        crf: Quality of x264, 0 to 30, less is better.
        start: `source` keeps the source's timestamps, `zero` starts at zero.
        workers: Threads of the encoder; 0 for one per free processor.
    """

    crf: int = 16
    start: str = "source"
    workers: int = 0

    def __post_init__(self) -> None:
        check_choice("start", self.start, STARTS)
        if not 0 <= self.crf <= _MOST_CRF:
            raise ConfigError(f"crf must be 0 to {_MOST_CRF}, not {self.crf}")


def player(clip: Clip, options: PlayerOptions) -> Recipe:
    """The recipe for a clip. 4:2:0 has even sizes only: odd ones grow by one repeated row or column."""
    width, height = clip.width + clip.width % 2, clip.height + clip.height % 2
    grown = (f"{clip.width}x{clip.height} was padded to {width}x{height}: 4:2:0 video has even sizes only",)

    def draw(picture: Picture) -> tuple[VideoFrame, float]:
        if picture.alpha is None:
            raise OutputError("this output needs alpha: give it the alpha view")
        frame = VideoFrame(width, height, "yuv420p")
        luma = plane(frame, 0, np.uint8)
        put_alpha(luma[: clip.height, : clip.width], picture.alpha, _WHITE, _BLACK)
        luma[: clip.height, clip.width :] = luma[: clip.height, clip.width - 1 : clip.width]
        luma[clip.height :] = luma[clip.height - 1 : clip.height]
        for index in (1, 2):
            plane(frame, index, np.uint8)[:] = _NO_CHROMA
        return frame, float(luma.mean())

    return Recipe(
        container="mp4",
        codec="libx264",
        pixel_format="yuv420p",
        # Mattes are simple pictures: this preset is twice as fast as x264's usual one, its files are no larger, and
        # looking 10 frames ahead instead of 40 saves 60 MB at 960x540.
        settings={"crf": str(options.crf), "preset": "veryfast", "x264-params": STEADY},
        width=width,
        height=height,
        tags=VIDEO,
        draw=draw,
        read=lambda frame: float(plane(frame, 0, np.uint8).mean()),
        # A lossy codec moves single codes; a frame's mean within two of 219 shows that it is the right frame in
        # the right range: full against video levels differ by up to 20.
        marks="mean alpha",
        tolerance=2,
        intra=False,
        warnings=grown if (width, height) != (clip.width, clip.height) else (),
    )
