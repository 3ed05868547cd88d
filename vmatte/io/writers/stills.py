"""`png16` and `rgba-png`: how a picture becomes a PNG file, and what must come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av import VideoFrame
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

from vmatte.core.errors import OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.planes import fingerprint, plane, put_alpha, put_packed
from vmatte.io.writers.recipe import require_codec
from vmatte.io.writers.sequence import Images, Store
from vmatte.io.writers.tags import COVERAGE, Tags, png_tags

# zlib level. On 1080p mattes 1 is 1.4 times faster than FFmpeg's default of 6, for the same size; on pictures 4 to 8
# times faster, for files that are 16 % larger.
_LEVEL = "1"


@dataclass(frozen=True, slots=True)
class StillOptions:
    """Options of `png16` and `rgba-png`.

    Attributes:
        workers: Encoders side by side; 0 for one per free processor.
    """

    workers: int = 0


@dataclass(frozen=True, slots=True)
class Still:
    """How a picture becomes one image file.

    Attributes:
        pixel_format: What the PNG encoder is fed, big-endian above 8 bits as PNG is.
        tags: Colour tags; they become the `sRGB` or `cICP` chunk.
        draw: Fills the frame, gives the fingerprint of its alpha.
        read: The fingerprint of a decoded frame's alpha.
    """

    pixel_format: str
    tags: Tags
    draw: Callable[[VideoFrame, Picture], int]
    read: Callable[[VideoFrame], int]


def gray16() -> Still:
    """The matte alone, 16 bits."""

    def draw(frame: VideoFrame, picture: Picture) -> int:
        if picture.alpha is None:
            raise OutputError("this output needs alpha: give it the alpha view")
        codes = plane(frame, 0, ">u2")
        put_alpha(codes, picture.alpha, 65535)
        return fingerprint(codes)

    return Still("gray16be", COVERAGE, draw, lambda frame: fingerprint(plane(frame, 0, ">u2")))


def rgba(clip: Clip) -> Still:
    """Straight colour and alpha, as deep as the clip: 8 bits, or 16 for anything deeper."""
    deep = clip.depth > 8
    kind = np.dtype(">u2") if deep else np.dtype(np.uint8)

    def draw(frame: VideoFrame, picture: Picture) -> int:
        if picture.colour is None:
            raise OutputError("this output needs colour: give it a view with colour and alpha")
        pixels = plane(frame, 0, kind, 4)
        put_packed(pixels, "rgba", picture.colour, picture.alpha)
        return fingerprint(pixels[..., 3])

    def read(frame: VideoFrame) -> int:
        return fingerprint(plane(frame, 0, kind, 4)[..., 3])

    return Still("rgba64be" if deep else "rgba", png_tags(clip.colour), draw, read)


def png_images(clip: Clip, still: Still) -> Images:
    """A sequence of PNG files.

    Raises:
        OutputError: This build of FFmpeg has no PNG encoder.
    """
    require_codec("png")

    def store() -> Store:
        encoder = av.CodecContext.create("png", "w")
        assert isinstance(encoder, VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = clip.width, clip.height, still.pixel_format
        encoder.time_base, encoder.options = Fraction(1, 1), {"compression_level": _LEVEL, "pred": "paeth"}
        encoder.sample_aspect_ratio = clip.sample_aspect
        encoder.thread_count = 1
        still.tags.put(encoder)

        def draw(picture: Picture) -> tuple[bytes, int]:
            frame = VideoFrame(clip.width, clip.height, still.pixel_format)
            mark = still.draw(frame, picture)
            still.tags.put(frame)
            frame.pts = picture.index
            (packet,) = encoder.encode(frame)
            return bytes(packet), mark

        return draw

    def read(path: Path) -> int:
        try:
            with av.open(str(path), format="png_pipe") as file:
                frame = next(file.decode(video=0))
        except FFmpegError as error:
            raise OutputError(f"{path} cannot be read back ({error}): run again") from error
        return still.read(frame) if frame.format.name == still.pixel_format else -1

    return Images(".png", store, read)
