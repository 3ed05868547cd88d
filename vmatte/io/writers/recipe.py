"""What distinguishes one kind of video file from another, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import av
from av import VideoFrame
from av.codec.codec import UnknownCodecError
from av.video.codeccontext import VideoCodecContext

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.holding import Holding
from vmatte.io.writers.tags import Tags

if TYPE_CHECKING:
    from av import Packet, VideoStream

# Where a file's clock starts: as in the source, or at zero with the first picture.
STARTS = ("source", "zero")


class Encoder(Protocol):
    """Frames in, packets out, some later; None at the end draws what is left."""

    def encode(self, frame: VideoFrame | None) -> list[Packet[VideoStream]]: ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """How pictures become packets of one codec, and what must come back.

    Attributes:
        container: FFmpeg's name of the file format.
        codec: FFmpeg's name of the encoder.
        pixel_format: What the encoder is fed.
        settings: Options of the encoder.
        width: Of the coded picture.
        height: Of the coded picture.
        tags: Colour tags.
        draw: A picture as a frame for the encoder, and its mark: a number that `read` must find again.
        read: The mark of a decoded frame.
        marks: What the marks are, in plain words.
        tolerance: By how much the two marks may differ; 0 for lossless alpha.
        intra: Whether the encoder keeps nothing between frames, so that several can work on different ones.
        tick: Time unit of the container if it has only one; None if it takes any.
        sound: What the container does with the source's sound; None when it has none.
        labels: Tags of the picture stream.
        codec_tag: The codec's name in the container; empty for FFmpeg's choice.
        decoder: The decoder that the file is checked with; empty for FFmpeg's choice.
        paired: Makes one encoder of two, for pictures whose alpha is coded by itself.
        complete: Adds to the closed file what FFmpeg's writer has no door for; None for nothing.
        warnings: What the user should know beforehand.
    """

    container: str
    codec: str
    pixel_format: str
    settings: Mapping[str, str]
    width: int
    height: int
    tags: Tags
    draw: Callable[[Picture], tuple[VideoFrame, float]]
    read: Callable[[VideoFrame], float]
    marks: str = "alpha"
    tolerance: float = 0
    intra: bool = True
    tick: Fraction | None = None
    sound: Holding | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    codec_tag: str = ""
    decoder: str = ""
    paired: Callable[[VideoCodecContext], Encoder] | None = None
    complete: Callable[[Path], None] | None = None
    warnings: tuple[str, ...] = field(default=())

    def configure(self, context: VideoCodecContext, clip: Clip, threads: int) -> None:
        """Sets up an encoder that is not open yet.

        FFmpeg's frame threads would hold frames back, so a pool's encoders have one thread each.
        """
        context.width, context.height, context.pix_fmt = self.width, self.height, self.pixel_format
        context.time_base, context.framerate = clip.time_base, clip.rate
        context.sample_aspect_ratio = clip.sample_aspect
        context.options = dict(self.settings)
        context.thread_count = threads
        if self.codec_tag:
            context.codec_tag = self.codec_tag
        self.tags.put(context)

    def encoder(self, clip: Clip) -> VideoCodecContext:
        """An encoder of its own, for a worker of the pool."""
        require_codec(self.codec)
        context = av.CodecContext.create(self.codec, "w")
        assert isinstance(context, VideoCodecContext)
        self.configure(context, clip, threads=1)
        return context


def require_codec(name: str) -> None:
    """Raises OutputError if this build of FFmpeg cannot encode `name`."""
    try:
        av.Codec(name, "w")
    except UnknownCodecError as error:
        raise OutputError(f"the installed FFmpeg has no encoder {name!r}: install the `av` wheel from PyPI") from error


def check_choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    """Raises ConfigError if an option has none of its possible values."""
    if value not in choices:
        raise ConfigError(f"{key} must be one of {', '.join(choices)}, not {value!r}")
