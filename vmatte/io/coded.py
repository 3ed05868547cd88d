"""Frames as a file holds them, from any number on, each with its exact number and time."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import islice

import av

from vmatte.core.errors import InputError
from vmatte.core.types import Stream
from vmatte.io.decode import Decoding, cut_short, opened
from vmatte.io.probe import Facts, depth_of
from vmatte.io.timing import Clock, Timeline, decoding_times, from_packets

# A key packet that turns out not to lead to the wanted frame (broken references) is given up for the one before it.
_ENTRIES = 3


@dataclass(frozen=True, slots=True)
class Coded:
    """A decoded frame.

    Attributes:
        index: Its number in the clip.
        pts: Its time in the stream's time base.
        duration: Likewise; 0 when unknown.
        frame: The picture.
    """

    index: int
    pts: int
    duration: int
    frame: av.VideoFrame


class CodedFrames:
    """The frames of one video file.

    Attributes:
        warnings: What went wrong while reading without stopping it.
    """

    def __init__(self, facts: Facts, threads: int, keep: bool = True) -> None:
        self.warnings: list[str] = []
        self._keep = keep
        self._cut: list[str] = []
        self._facts, self._threads = facts, threads
        self._path = facts.clip.path
        self._timeline: Timeline | None = None

    def frames(self, start: int = 0, stop: int | None = None) -> Stream[Coded]:
        """Frames `start` up to but not including `stop`.

        Where a file is damaged or cut off, a decoder with several threads loses frames before the damage and misnames
        it; the rest is then decoded again by one.
        """
        reached = start
        trouble: list[str] = []
        try:
            with closing(self._quick(start, stop, trouble)) as quick:
                for item in quick:
                    reached = item.index + 1
                    yield item
        except InputError:
            if self._threads == 1:
                raise
        else:
            if self._threads == 1 or not trouble:
                self._close(trouble)
                return
        trouble = []
        with closing(self._decoded(1, trouble)) as careful:
            yield from islice(careful, reached, stop)
        self._close(trouble)

    def _close(self, trouble: list[str]) -> None:
        """Judges how the frames ended."""
        if self._cut and not self._keep:
            raise cut_short(self._path, self._cut[0])
        self._note(trouble)

    def timeline(self) -> Timeline:
        """Times of all frames, from the packets, or by decoding everything once."""
        if self._timeline is None and not self._facts.disordered:
            self._timeline = from_packets(self._path, self._facts.first_pts)
        if self._timeline is None:
            with closing(self._decoded(self._threads, [])) as decoded:
                self._timeline = Timeline(tuple(item.pts for item in decoded))
        return self._timeline

    def _quick(self, start: int, stop: int | None, trouble: list[str]) -> Stream[Coded]:
        """By a seek when that is sure to be exact, else from the beginning."""
        timeline = self.timeline() if start > 0 else None
        if timeline is not None:
            if start >= len(timeline.pts):
                return
            for dts in islice(timeline.entries(timeline.pts[start]), _ENTRIES):
                with closing(self._sought(dts, start, timeline, trouble)) as found:
                    first = next(found, None)
                    if first is not None:
                        yield first
                        del first
                        yield from islice(found, None if stop is None else stop - start - 1)
                        return
        with closing(self._decoded(self._threads, trouble)) as decoded:
            yield from islice(decoded, start, stop)

    def _sought(self, dts: int, start: int, timeline: Timeline, trouble: list[str]) -> Stream[Coded]:
        """Frames from number `start` on, decoded from a key packet; nothing if that turns out not to lead there."""
        target = timeline.pts[start]
        with opened(self._path) as (container, stream):
            container.seek(dts, stream=stream, backward=True)
            decoding = Decoding(self._path, container, stream, self._threads)
            decoding.position = start
            with closing(decoding.frames()) as frames:
                for frame in frames:
                    number = decoding.position
                    if number == start and frame.pts != target:
                        if frame.pts is not None and frame.pts < target:
                            continue
                        return
                    self._check(frame, number)
                    decoding.position += 1
                    pts = frame.pts if frame.pts is not None else timeline.pts[number]
                    yield Coded(number, pts, frame.duration or 0, frame)
            self._note(decoding.warnings)
            self._cut = decoding.cut
            trouble += decoding.cut

    def _decoded(self, threads: int, trouble: list[str]) -> Stream[Coded]:
        """All frames from the beginning."""
        with opened(self._path) as (container, stream):
            decoding = Decoding(self._path, container, stream, threads)
            clock = Clock(round(1 / (self._facts.clip.rate * self._facts.clip.time_base)))
            # Where the decoder hands out times in the wrong order, the packets' own, in order, are the frames'.
            times = decoding_times(self._path) if self._facts.disordered else ()
            with closing(decoding.frames()) as frames:
                for number, frame in enumerate(frames):
                    self._check(frame, number)
                    decoding.position = number + 1
                    duration = frame.duration or 0
                    pts = times[number] if number < len(times) else frame.pts
                    yield Coded(number, clock(pts, duration), duration, frame)
            self._note(decoding.warnings)
            self._cut = decoding.cut
            trouble += [*decoding.cut, *decoding.shortfall()]
            if clock.repaired:
                self._note([f"{clock.repaired} frame(s) carried no usable time and were timed from their neighbours"])

    def _check(self, frame: av.VideoFrame, number: int) -> None:
        """Refuses a frame that differs from the first one in size, or in depth beyond 8 bits."""
        deep, clip = depth_of(frame.format) > 8, self._facts.clip
        if (frame.width, frame.height) != self._facts.size or deep != (clip.depth > 8):
            was = "x".join(map(str, self._facts.size))
            raise InputError(
                f"{self._path}: the picture changes from {was} ({clip.pixel_format}) to {frame.width}x{frame.height}"
                f" ({frame.format.name}) at frame {number}; cut the file there and process the parts one by one"
            )

    def _note(self, warnings: list[str]) -> None:
        self.warnings.extend(warning for warning in warnings if warning not in self.warnings)
