"""Reads a finished file back and compares it with what was meant."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

from vmatte.core.errors import OutputError
from vmatte.io.writers.recipe import Recipe

if TYPE_CHECKING:
    from av import Packet, VideoFrame, VideoStream
    from av.container import InputContainer

_SAMPLES = 8
_UNREAD = "do not use it; run again, and if it happens again report a bug with this line"


class Ledger:
    """What was written, frame by frame, in 24 bytes each."""

    def __init__(self) -> None:
        self.times = array("q")
        self.marks = array("d")
        self.packets = array("Q")

    def __len__(self) -> int:
        return len(self.times)

    def add(self, time: int, mark: float) -> None:
        """Notes a picture: its time in ticks of the clip, and its mark."""
        self.times.append(time)
        self.marks.append(mark)

    def add_packet(self, packet: Packet[VideoStream]) -> None:
        """Notes the bytes of a packet."""
        self.packets.append(zlib.crc32(packet))


def sampled(count: int, most: int = _SAMPLES) -> list[int]:
    """Up to `most` positions: first, last and evenly spread between.

    >>> sampled(3), sampled(29, 5)
    ([0, 1, 2], [0, 7, 14, 21, 28])
    """
    if count <= most:
        return list(range(count))
    return [round(step * (count - 1) / (most - 1)) for step in range(most)]


def check_file(path: Path, recipe: Recipe, ledger: Ledger, tick: Fraction) -> tuple[str, ...]:
    """Compares a closed file with the ledger.

    Every packet's time is compared, and for intra-frame codecs its bytes; of those, the marks of up to eight
    frames are compared after decoding, and all marks of the others.

    Returns:
        What was found right, in plain words.

    Raises:
        OutputError: Anything differs.
    """
    try:
        seen = _read_intra(path, recipe, ledger, tick) if recipe.intra else _read_all(path, recipe, ledger, tick)
    except FFmpegError as error:
        raise OutputError(f"{path} cannot be read back ({error}): {_UNREAD}") from error
    precision = "exact" if recipe.tick is None else f"to {float(recipe.tick) * 500:g} ms"
    return (f"{len(ledger)} frames", f"{len(ledger)} timestamps {precision}", seen)


def _read_intra(path: Path, recipe: Recipe, ledger: Ledger, tick: Fraction) -> str:
    wanted = set(sampled(len(ledger)))
    count = 0
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        stream.codec_context.thread_count = 1
        for packet in file.demux(stream):
            if packet.pts is None:
                continue
            if count < len(ledger):
                _check_time(path, recipe, packet.pts * packet.time_base, ledger.times[count] * tick, count)
                if zlib.crc32(packet) != ledger.packets[count]:
                    raise OutputError(f"{path}: the bytes of frame {count} are not those written: {_UNREAD}")
                if count in wanted:
                    (frame,) = packet.decode()
                    _check_mark(path, recipe, frame, ledger.marks[count], count)
            count += 1
    _check_count(path, count, len(ledger))
    return f"{recipe.marks} of {len(wanted)} frames " + (
        f"to {recipe.tolerance:g} codes" if recipe.tolerance else "exact"
    )


def _read_all(path: Path, recipe: Recipe, ledger: Ledger, tick: Fraction) -> str:
    count = 0
    with av.open(str(path)) as file:
        for frame in _decoded(file, recipe.decoder):
            if count < len(ledger):
                assert frame.pts is not None
                assert frame.time_base is not None
                _check_time(path, recipe, frame.pts * frame.time_base, ledger.times[count] * tick, count)
                _check_mark(path, recipe, frame, ledger.marks[count], count)
            count += 1
    _check_count(path, count, len(ledger))
    return f"{recipe.marks} of {count} frames " + (f"to {recipe.tolerance:g} codes" if recipe.tolerance else "exact")


def _decoded(file: InputContainer, decoder: str) -> Iterator[VideoFrame]:
    """All frames, by a decoder of this name if one is given."""
    stream = file.streams.video[0]
    if not decoder:
        yield from file.decode(stream)
        return
    context = av.CodecContext.create(decoder, "r")
    assert isinstance(context, VideoCodecContext)
    for packet in file.demux(stream):
        # The flush at the end is a packet of the stream too, and empty.
        for frame in context.decode(packet if packet.size else None):
            frame.time_base = frame.time_base or packet.time_base
            yield frame


def _check_time(path: Path, recipe: Recipe, found: Fraction, meant: Fraction, number: int) -> None:
    allowed = recipe.tick / 2 if recipe.tick else 0
    if abs(found - meant) > allowed:
        raise OutputError(f"{path}: frame {number} is at {float(found)} s instead of {float(meant)} s: {_UNREAD}")


def _check_mark(path: Path, recipe: Recipe, frame: VideoFrame, meant: float, number: int) -> None:
    if abs(recipe.read(frame) - meant) > recipe.tolerance:
        raise OutputError(f"{path}: the {recipe.marks} of frame {number} is not what was written: {_UNREAD}")


def _check_count(path: Path, found: int, meant: int) -> None:
    if found != meant:
        raise OutputError(f"{path} holds {found} frames instead of {meant}: {_UNREAD}")
