"""`png16` and `rgba-png`: one PNG file per picture, numbered by source frame."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av import VideoFrame
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from vmatte.core.colour import to_bits8, to_bits16
from vmatte.core.errors import OutputError
from vmatte.core.timing import Meter
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.check import Ledger, sampled
from vmatte.io.writers.partial import Partial, explained
from vmatte.io.writers.planes import fingerprint, plane, put_alpha
from vmatte.io.writers.pool import Pool
from vmatte.io.writers.recipe import require_codec
from vmatte.io.writers.tags import COVERAGE, Tags, png_tags
from vmatte.io.writers.video import Facts, fits

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
    kind, top = (np.dtype(">u2"), 65535) if deep else (np.dtype(np.uint8), 255)

    def draw(frame: VideoFrame, picture: Picture) -> int:
        if picture.colour is None:
            raise OutputError("this output needs colour: give it a view with colour and alpha")
        pixels = plane(frame, 0, kind, 4)
        pixels[..., :3] = _at_depth(picture.colour, deep)
        put_alpha(pixels[..., 3], picture.alpha, top)
        return fingerprint(pixels[..., 3])

    def read(frame: VideoFrame) -> int:
        return fingerprint(plane(frame, 0, kind, 4)[..., 3])

    return Still("rgba64be" if deep else "rgba", png_tags(clip.colour), draw, read)


def _at_depth(colour: NDArray[Any], deep: bool) -> NDArray[Any]:
    if deep == (colour.dtype == np.uint16):
        return colour
    return to_bits16(colour) if deep else to_bits8(colour)


class SequenceWriter:
    """A `core.types.Writer` of one folder of PNG files.

    Args:
        path: The folder's final name.
        clip: Size, shape of pixels and colour of the pictures.
        still: The kind of file.
        overwrite: Whether a folder of that name may be replaced, with all that is in it.
        workers: Encoders that work side by side.

    Attributes:
        meter: Seconds of work per picture, storing it included.
    """

    def __init__(self, path: Path, clip: Clip, still: Still, *, overwrite: bool = False, workers: int = 1) -> None:
        require_codec("png")
        self.meter = Meter("encode")
        self._clip, self._still = clip, still
        self._ledger = Ledger()
        self._last = -1
        self._checks: tuple[str, ...] = ()
        self._partial = Partial(path, folder=True, overwrite=overwrite)
        self._pool = Pool([self._tool() for _ in range(workers)], "png")

    @property
    def path(self) -> Path:
        """The folder's final name."""
        return self._partial.path

    @property
    def facts(self) -> Facts:
        """What there is to report."""
        return Facts(self.path, len(self._ledger), self._partial.size, self._checks)

    def __enter__(self) -> SequenceWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._pool.close()
        finally:
            self._partial.discard()

    def write(self, picture: Picture) -> None:
        """Gives one picture to the encoders; waits while all of them are busy.

        Raises:
            OutputError: The picture does not fit, or an earlier one could not be encoded or stored.
        """
        fits(picture, self._clip)
        if picture.index <= self._last:
            raise OutputError(f"{self.path}: frame {picture.index} came twice or out of order")
        self._last = picture.index
        with explained(self.path):
            for index, mark, crc in self._pool.put(picture):
                self._note(index, mark, crc)

    def finish(self) -> None:
        """Waits for the last files and checks all of them.

        Raises:
            OutputError: There is no picture, or a file is not what was meant.
        """
        with explained(self.path):
            for index, mark, crc in self._pool.rest():
                self._note(index, mark, crc)
        self._pool.close()
        if not len(self._ledger):
            raise OutputError(f"{self.path}: there was no picture to write")
        self._checks = self._check()

    def publish(self) -> None:
        """Gives the finished folder its final name."""
        if not self._checks:
            raise RuntimeError("finish() comes before publish()")
        self._partial.publish()

    def _note(self, index: int, mark: int, crc: int) -> None:
        self._ledger.add(index, mark)
        self._ledger.packets.append(crc)

    def _tool(self) -> Callable[[Picture], tuple[int, int, int]]:
        encoder = av.CodecContext.create("png", "w")
        assert isinstance(encoder, VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = self._clip.width, self._clip.height, self._still.pixel_format
        encoder.time_base, encoder.options = Fraction(1, 1), {"compression_level": _LEVEL, "pred": "paeth"}
        encoder.sample_aspect_ratio = self._clip.sample_aspect
        encoder.thread_count = 1
        self._still.tags.put(encoder)

        def store(picture: Picture) -> tuple[int, int, int]:
            with self.meter.timing():
                frame = VideoFrame(self._clip.width, self._clip.height, self._still.pixel_format)
                try:
                    mark = self._still.draw(frame, picture)
                except OutputError as error:
                    raise OutputError(f"frame {picture.index}: {error}") from error
                self._still.tags.put(frame)
                frame.pts = picture.index
                (packet,) = encoder.encode(frame)
                self._name(picture.index).write_bytes(packet)
                return picture.index, mark, zlib.crc32(packet)

        return store

    def _name(self, index: int) -> Path:
        return self._partial.work / f"{index:06d}.png"

    def _check(self) -> tuple[str, ...]:
        indices = self._ledger.times
        found = sorted(entry.name for entry in self._partial.work.iterdir())
        if found != sorted(self._name(index).name for index in indices):
            raise OutputError(f"{self.path} does not hold the {len(indices)} images written to it: run again")
        wanted = set(sampled(len(indices)))
        for position, index in enumerate(indices):
            data = self._name(index).read_bytes()
            if zlib.crc32(data) != self._ledger.packets[position]:
                raise OutputError(f"{self.path}: the bytes of image {index} are not those written: run again")
            if position in wanted and self._read(index) != self._ledger.marks[position]:
                raise OutputError(f"{self.path}: the alpha of image {index} is not what was written: run again")
        return (f"{len(indices)} images", f"alpha of {len(wanted)} images exact")

    def _read(self, index: int) -> int:
        try:
            with av.open(str(self._name(index)), format="png_pipe") as file:
                frame = next(file.decode(video=0))
        except FFmpegError as error:
            raise OutputError(f"{self._name(index)} cannot be read back ({error}): run again") from error
        return self._still.read(frame) if frame.format.name == self._still.pixel_format else -1
