"""When the frames of a video are shown, without decoding it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from vmatte.core.types import Stream
from vmatte.io.decode import opened, patient

# Finer than any time base, coarser than what a float does to seconds.
MICROSECOND = Fraction(1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Times of all frames in display order.

    Attributes:
        pts: Ascending, one per frame.
        keys: (pts, dts) of the packets that decoding can start from, by pts; none if it must start at the beginning.
        closed: Whether no frame is shown before a key packet that precedes it in the file (closed groups of pictures).
    """

    pts: tuple[int, ...]
    keys: tuple[tuple[int, int], ...] = ()
    closed: bool = False

    def number(self, seconds: Fraction, time_base: Fraction) -> int:
        """The number of the first frame at or after `seconds` from the first one, to the microsecond."""
        return bisect_left(self.pts, self.pts[0] + (seconds - MICROSECOND) / time_base) if self.pts else 0

    def entries(self, pts: int) -> Iterator[int]:
        """The dts of keys to try for decoding the frame at `pts`, the nearest before it first."""
        before = bisect_left(self.keys, (pts + 1,))
        for _, dts in reversed(self.keys[:before]):
            yield dts


def from_packets(path: Path, first: int | None) -> Timeline | None:
    """The timeline as the packets tell it; None if they do not tell every time.

    Args:
        path: The video file.
        first: The pts of the first frame that can be decoded; packets before it show nothing.
    """
    pts: list[int] = []
    keys: list[tuple[int, int]] = []
    closed = True
    for packet in _packets(path):
        if packet.pts is None:
            return None
        closed = closed and not (keys and packet.pts < keys[-1][0])
        pts.append(packet.pts)
        if packet.is_keyframe and packet.dts is not None:
            keys.append((packet.pts, packet.dts))
    shown = sorted(time for time in pts if first is None or time >= first)
    if len(set(shown)) != len(shown):
        return None
    return Timeline(tuple(shown), tuple(sorted(keys)), closed)


def decoding_times(path: Path) -> tuple[int, ...]:
    """The times of packets in a file that states when to decode, not when to show; none if some have no time.

    Frames are shown in the order they come out of the decoder, one for each packet, so sorted they are frame times.
    """
    times = [packet.pts if packet.dts is None else packet.dts for packet in _packets(path)]
    return tuple(sorted(time for time in times if time is not None)) if None not in times else ()


def _packets(path: Path) -> Stream[av.Packet[VideoStream]]:
    """The packets that lead to pictures, as far as the file is whole."""
    with opened(path) as (container, stream):
        packets = patient(container.demux(stream))
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.FFmpegError, OSError):
                return
            if packet.size and not packet.is_discard:
                yield packet


class Clock:
    """Makes frame times usable: every frame has one, each later than the one before.

    A frame without a time follows its predecessor by that one's duration, or by the nominal frame time; a time that
    does not advance is moved to one tick after its predecessor.

    Attributes:
        repaired: How many times had to be changed.
    """

    def __init__(self, nominal: int) -> None:
        self.repaired = 0
        self._nominal = max(1, nominal)
        self._last: int | None = None
        self._step = self._nominal

    def __call__(self, pts: int | None, duration: int) -> int:
        """The time of the next frame."""
        time = pts
        if time is None:
            self.repaired += 1
            time = 0 if self._last is None else self._last + self._step
        elif self._last is not None and time <= self._last:
            self.repaired += 1
            time = self._last + 1
        self._last, self._step = time, duration if duration > 0 else self._nominal
        return time
