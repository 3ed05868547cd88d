"""Opening a video file and decoding it packet by packet, with every fault named for its user."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from vmatte.core.errors import InputError
from vmatte.core.types import Stream

log = logging.getLogger(__name__)

# FFmpeg's own VP8 and VP9 decoders drop alpha; the libvpx ones deliver it (measured).
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its picture stream, closed on the way out.

    Raises:
        InputError: Missing, empty, not a file, not a video, or nothing but sound in it.
    """
    check_file(path)
    try:
        container = av.open(str(path), "r", metadata_errors="ignore")
    except PermissionError as error:
        raise InputError(f"{path}: no permission to read it") from error
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{path}: not a video that can be read, or it is cut short ({reason(error)})") from error
    with container:
        yield container, picture_stream(container, path)


def check_file(path: Path) -> None:
    """Refuses what cannot be a video before FFmpeg sees it."""
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if path.is_dir():
        raise InputError(f"{path}: a folder, not a video file")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty")


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The first video stream that is not a cover picture."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    if container.streams.audio:
        raise InputError(f"{path}: holds sound but no video")
    raise InputError(f"{path}: holds no video stream")


def has_alpha_layer(stream: VideoStream) -> bool:
    """Whether a WebM stream carries alpha beside its pictures."""
    return stream.metadata.get("alpha_mode") == "1" and stream.codec_context.codec.name in _ALPHA_DECODERS


def decoder_for(stream: VideoStream, threads: int) -> VideoCodecContext:
    """A decoder that delivers everything the stream holds, alpha included."""
    decoder = stream.codec_context
    if has_alpha_layer(stream):
        decoder = cast(VideoCodecContext, av.CodecContext.create(_ALPHA_DECODERS[decoder.codec.name], "r"))
    decoder.thread_type = "AUTO"
    decoder.thread_count = threads
    return decoder


class Decoding:
    """Decodes the packets of one stream, from wherever the container stands.

    Damage at the very end (a cut-off file) ends the frames with a note in `warnings`; damage with whole packets after
    it is an error, for the frames in between would be missing silently.

    Attributes:
        warnings: What went wrong without stopping the work.
    """

    def __init__(self, path: Path, container: InputContainer, stream: VideoStream, threads: int) -> None:
        self.path = path
        self.warnings: list[str] = []
        self._container, self._stream = container, stream
        self._decoder = decoder_for(stream, threads)
        self._damage: Exception | None = None
        self._damaged = 0
        self._count = 0

    def frames(self, first: int = 0) -> Stream[av.VideoFrame]:
        """Frames in display order; `first` is the number of the first one, for messages."""
        for packet in self._packets():
            for frame in self._decode(packet, first):
                self._count += 1
                yield frame
        for frame in self._decode(None, first):
            self._count += 1
            yield frame
        if self._damage is not None:
            self.warnings.append(
                f"the end of the file is damaged or cut off: the last {self._damaged} packet(s) could not be decoded"
                f" ({reason(self._damage)}); frames up to {first + self._count - 1} were read"
            )

    def _packets(self) -> Stream[av.Packet[VideoStream]]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, OSError) as error:
                self._damage, self._damaged = error, self._damaged + 1
                return
            if packet.size:
                yield packet

    def _decode(self, packet: av.Packet[VideoStream] | None, first: int) -> list[av.VideoFrame]:
        try:
            frames = self._decoder.decode(packet)
        except EOFError:
            return []
        except (av.FFmpegError, ValueError) as error:
            self._damage, self._damaged = self._damage or error, self._damaged + 1
            return []
        if self._damage is not None and packet is not None:
            self._forgive_or_raise(first)
        return frames

    def _forgive_or_raise(self, first: int) -> None:
        """A packet decodes after one that did not: harmless before the first frame only."""
        assert self._damage is not None
        if self._count or first:
            raise InputError(
                f"{self.path}: frame {first + self._count} is damaged ({reason(self._damage)}); repair the file, or"
                " process the parts before and after it with --start and --end"
            ) from self._damage
        self.warnings.append(f"{self._damaged} damaged packet(s) before the first whole frame were left out")
        self._damage, self._damaged = None, 0


def reason(error: Exception) -> str:
    """FFmpeg's words for an error, without its numbers."""
    return str(getattr(error, "strerror", None) or error).strip().rstrip(".")
