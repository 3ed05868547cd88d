"""`hevc-alpha`: H.265 with an alpha layer, for Apple's players; only where an encoder can make one.

Apple's VideoToolbox can; the x265 in PyAV's wheels is built without. A list of pixel formats proves nothing (x265 lists
`yuva420p` and refuses it), so an encoder is tried on two frames before it is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import numpy as np
from av import VideoFrame
from av.codec.codec import UnknownCodecError
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.holding import QUICKTIME
from vmatte.io.writers.planes import plane, put_alpha, put_yuv420
from vmatte.io.writers.recipe import STARTS, Recipe, check_choice
from vmatte.io.writers.tags import yuv_tags

_LAYOUT = "yuva420p"
# Each encoder with the options that ask for alpha; VideoToolbox's 65 of 100 is its own documented example.
_ENCODERS: Mapping[str, Mapping[str, str]] = {
    "hevc_videotoolbox": {"alpha_quality": "1.0", "q": "65"},
    "libx265": {"x265-params": "log-level=none", "crf": "18"},
}


@dataclass(frozen=True, slots=True)
class HevcAlphaOptions:
    """Options of `hevc-alpha`.

    Attributes:
        audio: Whether all sound of the source goes along.
        start: `source` keeps the source's timestamps, `zero` starts at zero.
        workers: Threads of the encoder; 0 for one per free processor.
    """

    audio: bool = True
    start: str = "source"
    workers: int = 0

    def __post_init__(self) -> None:
        check_choice("start", self.start, STARTS)


def hevc_alpha(clip: Clip, options: HevcAlphaOptions) -> Recipe:
    """The recipe for a clip.

    Raises:
        OutputError: No encoder here makes alpha, or the size is odd.
    """
    encoder = next((name for name in _ENCODERS if makes_alpha(name)), None)
    if encoder is None:
        raise OutputError(
            "no encoder here makes H.265 with alpha (Apple's VideoToolbox does, on a Mac): use prores or webm"
        )
    if clip.width % 2 or clip.height % 2:
        raise ConfigError(f"hevc-alpha has even sizes only, not {clip.width}x{clip.height}: use prores or webm")
    tags = yuv_tags(clip.colour)

    def draw(picture: Picture) -> tuple[VideoFrame, float]:
        if picture.colour is None:
            raise OutputError("this output needs colour: give it a view with colour and alpha")
        frame = VideoFrame(clip.width, clip.height, _LAYOUT)
        put_yuv420(frame, picture.colour, tags.matrix, 8)
        put_alpha(plane(frame, 3, np.uint8), picture.alpha, 255)
        return frame, _read(frame)

    return Recipe(
        container="mov",
        codec=encoder,
        pixel_format=_LAYOUT,
        settings=_ENCODERS[encoder],
        width=clip.width,
        height=clip.height,
        tags=tags,
        draw=draw,
        read=_read,
        marks="mean alpha",
        tolerance=2,
        intra=False,
        sound=QUICKTIME if options.audio else None,
        codec_tag="hvc1",
    )


@cache
def makes_alpha(name: str) -> bool:
    """Whether an encoder, given two small frames, makes packets whose decoder finds alpha."""
    try:
        encoder, decoder = av.CodecContext.create(name, "w"), av.CodecContext.create("hevc", "r")
        assert isinstance(encoder, VideoCodecContext)
        assert isinstance(decoder, VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = 64, 64, _LAYOUT
        encoder.time_base, encoder.framerate = Fraction(1, 30), Fraction(30)
        encoder.options = dict(_ENCODERS[name])
        packets = []
        for pts in range(2):
            frame = VideoFrame(64, 64, _LAYOUT)
            for index, level in enumerate((90, 128, 128, 200)):
                plane(frame, index, np.uint8)[:] = level
            frame.pts = pts
            packets += encoder.encode(frame)
        frames = [frame for packet in (*packets, *encoder.encode(None), None) for frame in decoder.decode(packet)]
    except (UnknownCodecError, FFmpegError, ValueError):
        return False
    return len(frames) == 2 and all(abs(_read(frame) - 200) <= 2 for frame in frames)


def _read(frame: VideoFrame) -> float:
    return float(plane(frame, 3, np.uint8).mean()) if frame.format.name == _LAYOUT else -1
