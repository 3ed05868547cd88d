"""Opening a video file and decoding it packet by packet, with every fault named for its user."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
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

_TRIES = 1000  # calls of a demuxer that answers "again" before it is taken for the end

# FFmpeg draws any text file as a terminal would show it, and calls that a video.
_DRAWN_TEXT = {"tty", "bin", "xbin", "adf", "idf"}

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
        if container.format.name in _DRAWN_TEXT:
            raise InputError(f"{path}: a text file, not a video")
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
            # PyAV has no codec context for a stream without a decoder, whatever its annotations say.
            if getattr(stream, "codec_context", None) is None:
                raise InputError(f"{path}: there is no decoder for its video, or its header is cut short")
            return stream
    if container.streams.audio:
        raise InputError(f"{path}: holds sound but no video")
    raise InputError(f"{path}: holds no video stream")


def has_alpha_layer(stream: VideoStream) -> bool:
    """Whether a WebM stream carries alpha beside its pictures."""
    # A tag of that name, which some writers add, replaces the track's own entry, in capitals.
    modes = {value for key, value in stream.metadata.items() if key.lower() == "alpha_mode"}
    return modes == {"1"} and stream.codec_context.codec.name in _ALPHA_DECODERS


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

    Damage to the very last packet (a cut-off file) ends the frames with a note in `warnings`; damage before that is an
    error, for frames would be missing silently.

    Attributes:
        warnings: What was wrong in the middle without stopping the work.
        cut: How the file ends, if it ends badly.
        position: Number of the frame to come next, for messages; kept up to date by whoever reads.
    """

    def __init__(self, path: Path, container: InputContainer, stream: VideoStream, threads: int) -> None:
        self.path = path
        self.warnings: list[str] = []
        self.cut: list[str] = []
        self.position = 0
        self._container, self._stream = container, stream
        self._decoder = decoder_for(stream, threads)
        self._damage: Exception | None = None
        self._damaged = 0
        self._count = 0
        self._hidden = 0
        self._end: int | None = None
        self._length = 0

    def frames(self) -> Stream[av.VideoFrame]:
        """Frames in display order."""
        for packet in chain(self._packets(), (None,)):
            for frame in self._decode(packet):
                self._count += 1
                self._end, self._length = frame.pts, frame.duration or 0
                if frame.is_corrupt:
                    self.warnings.append(f"frame {self.position} is damaged in the file")
                yield frame
        self._close()

    def _packets(self) -> Stream[av.Packet[VideoStream]]:
        packets = patient(self._container.demux(self._stream))
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, OSError) as error:
                self._damage, self._damaged = error, self._damaged + 1
                return
            if packet.size:
                self._hidden += packet.is_discard
                yield packet

    def _decode(self, packet: av.Packet[VideoStream] | None) -> list[av.VideoFrame]:
        try:
            frames = self._decoder.decode(packet)
        except EOFError:
            return []
        except (av.FFmpegError, ValueError) as error:
            self._damage, self._damaged = self._damage or error, self._damaged + 1
            return []
        if self._damage is not None and packet is not None:
            self._forgive_or_raise()
        return frames

    def _forgive_or_raise(self) -> None:
        """A packet decodes after one that did not: harmless before the first frame only."""
        assert self._damage is not None
        if self._count:
            raise self._broken() from self._damage
        self.warnings.append(f"{self._damaged} damaged packet(s) before the first whole frame were left out")
        self._damage, self._damaged = None, 0

    def _close(self) -> None:
        """Judges how the file ended."""
        if self._damage is None or not self._count:
            return
        if self._damaged > 1:
            raise self._broken() from self._damage
        self.cut = [
            f"the end of the file is damaged or cut off ({reason(self._damage)}): frames up to {self.position - 1} were"
            " read"
        ]

    def _broken(self) -> InputError:
        assert self._damage is not None
        return InputError(
            f"{self.path}: frame {self.position} is damaged ({reason(self._damage)}); repair the file, or process the"
            " parts before and after it with --start and --end"
        )

    def shortfall(self) -> list[str]:
        """What the container announces and the decoder did not deliver, after all frames from the first were read."""
        announced = self._stream.frames - self._hidden
        if announced > self._count:
            return [f"the file announces {announced} frames, but only {self._count} could be read"]
        time_base, alone = self._stream.time_base, len(self._container.streams) == 1
        if self._end is None or not time_base or not self._container.duration or not self._length or not alone:
            return []
        # A file without a count, such as Matroska, states where its last frame ends, rounded to a millisecond.
        length, end = Fraction(self._container.duration, av.time_base), (self._end + self._length) * time_base
        if length - end > self._length * time_base / 2:
            return [f"the file announces {float(length):.2f} s, but its frames end at {float(end):.2f} s"]
        return []


def patient(packets: Iterator[av.Packet[VideoStream]]) -> Stream[av.Packet[VideoStream]]:
    """Packets of a demuxer that may ask to be called again, as the one for MPEG-TS does on noise."""
    tries = 0
    while tries < _TRIES:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.BlockingIOError:
            tries += 1
            continue
        tries = 0
        yield packet


def reason(error: Exception) -> str:
    """FFmpeg's words for an error, without its numbers."""
    return str(getattr(error, "strerror", None) or error).strip().rstrip(".")


def cut_short(path: Path, how: str) -> InputError:
    """The error about a file that ends too early."""
    return InputError(
        f"{path}: the file is cut short ({how}): copy it again, or take what there is with --set input.truncated=keep"
    )
