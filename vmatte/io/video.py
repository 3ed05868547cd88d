"""A video file as a stream of upright RGB frames, numbered and timed exactly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from types import TracebackType

from vmatte.core.errors import InputError
from vmatte.core.types import Clip, Frame, Stream
from vmatte.io.decode import Decoding, opened
from vmatte.io.fields import Coded, deinterlaced
from vmatte.io.options import InputOptions
from vmatte.io.pixels import Pixels
from vmatte.io.probe import Facts, examine
from vmatte.io.timing import Clock, Timeline, from_packets

# bwdif looks at one frame on either side; one more keeps its own start-up out of the picture.
_LEAD_IN = 2


class VideoSource:
    """Any video FFmpeg reads. Each call of `frames` opens the file anew and closes it when it ends or is closed.

    Attributes:
        warnings: What went wrong while reading without stopping it; grows as frames are read.
    """

    def __init__(self, path: Path | str, options: InputOptions | None = None) -> None:
        self._options = options or InputOptions()
        self._facts = examine(Path(path), self._options)
        self._clip, self._per_field, self._weaving = _as_delivered(self._facts, self._options)
        self._timeline: Timeline | None = None
        self.warnings: list[str] = []

    @property
    def clip(self) -> Clip:
        """The clip as its frames are delivered: deinterlaced, if that was asked for."""
        return self._clip

    def __enter__(self) -> VideoSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is kept open between calls."""

    def frames(self, start: int = 0, stop: int | None = None) -> Stream[Frame]:
        """Frames `start` up to but not including `stop`, in display order.

        Raises:
            InputError: A frame is damaged, or has another size than the first one.
        """
        if stop is not None and stop <= start:
            return
        pixels = Pixels(self._clip.colour, self._facts.turn, self._clip.has_alpha)
        with closing(self._pictures(start, stop)) as pictures:
            for item in pictures:
                rgb, sdr, alpha = pixels(item.frame)
                pts, duration, index = item.pts, item.duration, item.index
                del item  # its buffer goes back to the decoder while the consumer works
                yield Frame(index, pts, rgb, sdr, duration, alpha)
                del rgb, sdr, alpha

    def count(self) -> int:
        """How many frames there are, as the packets tell it, or by decoding them all if the packets do not."""
        return len(self._times().pts) * (2 if self._per_field else 1)

    def span(self, start: float | None, end: float | None) -> tuple[int, int | None]:
        """Frame numbers of a time range in seconds, counted from the first frame's own time.

        Raises:
            InputError: No frame is shown in that range.
        """
        if start is None and end is None:
            return 0, None
        timeline = self._delivered_times()
        first = timeline.number(_exact(start), self._clip.time_base) if start is not None else 0
        last = timeline.number(_exact(end), self._clip.time_base) if end is not None else None
        if first >= len(timeline.pts) or (last is not None and last <= first):
            length = float((timeline.pts[-1] - timeline.pts[0]) * self._clip.time_base)
            until = "the end" if end is None else f"{end:g} s"
            raise InputError(
                f"{self._clip.path}: no frame between {start or 0:g} s and {until}; the last is shown at {length:.3f} s"
            )
        return first, last

    def _pictures(self, start: int, stop: int | None) -> Stream[Coded]:
        if not self._weaving:
            yield from self._coded(start, stop)
            return
        fields = 2 if self._per_field else 1
        first = max(0, start // fields - _LEAD_IN)
        last = None if stop is None else -(-stop // fields) + _LEAD_IN
        assert self._facts.weave is not None
        with closing(self._coded(first, last)) as coded:
            for item in deinterlaced(coded, self._facts.weave, self._per_field):
                if stop is not None and item.index >= stop:
                    return
                if item.index >= start:
                    yield item

    def _coded(self, start: int, stop: int | None) -> Stream[Coded]:
        """Frames as the file holds them; by a seek when that is sure to be exact."""
        timeline = self._times() if start > 0 else None
        if timeline is not None:
            if start >= len(timeline.pts):
                return
            for dts in islice(timeline.entries(timeline.pts[start]), 3):
                with closing(self._from(dts, start, timeline)) as found:
                    first = next(found, None)
                    if first is not None:
                        yield from _until(stop, first, found)
                        return
        with closing(self._decoded()) as decoded:
            yield from islice(decoded, start, stop)

    def _from(self, dts: int, start: int, timeline: Timeline) -> Stream[Coded]:
        """Frames from number `start` on, decoded from a key packet; nothing if that turns out not to lead there."""
        target = timeline.pts[start]
        with opened(self._facts.clip.path) as (container, stream):
            container.seek(dts, stream=stream, backward=True)
            decoding = Decoding(self._facts.clip.path, container, stream, self._options.threads)
            number = start
            with closing(decoding.frames(start)) as frames:
                for frame in frames:
                    if frame.pts is None or (frame.pts > target and number == start):
                        return
                    if frame.pts < target:
                        continue
                    self._check_size(frame.width, frame.height, number)
                    yield Coded(number, frame.pts, frame.duration or 0, frame)
                    number += 1
            self._note(decoding.warnings)

    def _decoded(self) -> Stream[Coded]:
        """All frames from the beginning."""
        with opened(self._facts.clip.path) as (container, stream):
            decoding = Decoding(self._facts.clip.path, container, stream, self._options.threads)
            clock = Clock(round(1 / (self._facts.clip.rate * self._facts.clip.time_base)))
            with closing(decoding.frames()) as frames:
                for number, frame in enumerate(frames):
                    self._check_size(frame.width, frame.height, number)
                    duration = frame.duration or 0
                    yield Coded(number, clock(frame.pts, duration), duration, frame)
            self._note(decoding.warnings)
            if clock.repaired:
                self._note([f"{clock.repaired} frame(s) carried no usable time and were timed from their neighbours"])

    def _times(self) -> Timeline:
        """Times of the coded frames, from the packets, or by decoding everything once."""
        if self._timeline is None:
            self._timeline = from_packets(self._facts.clip.path, self._facts.first_pts)
        if self._timeline is None:
            with closing(self._decoded()) as decoded:
                self._timeline = Timeline(tuple(item.pts for item in decoded))
        return self._timeline

    def _delivered_times(self) -> Timeline:
        timeline = self._times()
        if not self._per_field:
            return timeline
        pts = timeline.pts
        step = pts[-1] - pts[-2] if len(pts) > 1 else 1
        after = (*pts[1:], pts[-1] + step)
        return Timeline(tuple(time for pair in zip(pts, after, strict=True) for time in (2 * pair[0], sum(pair))))

    def _check_size(self, width: int, height: int, number: int) -> None:
        if (width, height) != self._facts.size:
            was = "x".join(map(str, self._facts.size))
            raise InputError(
                f"{self._clip.path}: the picture changes from {was} to {width}x{height} at frame {number};"
                " cut the file there and process the parts one by one"
            )

    def _note(self, warnings: list[str]) -> None:
        self.warnings.extend(warning for warning in warnings if warning not in self.warnings)


def _until(stop: int | None, first: Coded, rest: Iterator[Coded]) -> Iterator[Coded]:
    yield first
    del first
    for item in rest:
        if stop is not None and item.index >= stop:
            return
        yield item


def _exact(seconds: float) -> Fraction:
    """The decimal number that was typed, not the float nearest to it."""
    return Fraction(repr(float(seconds)))


def _as_delivered(facts: Facts, options: InputOptions) -> tuple[Clip, bool, bool]:
    """The clip after deinterlacing, whether every field becomes a frame, and whether bwdif runs at all."""
    clip = facts.clip
    if facts.weave is None:
        return clip, False, False
    if options.deinterlace == "refuse":
        raise InputError(
            f"{clip.path}: interlaced; set input.deinterlace to frame, field or off, or deinterlace it beforehand"
        )
    if options.deinterlace == "off":
        note = "interlaced and left so: mattes of moving edges will be combed"
        return replace(clip, notes=(*clip.notes, note)), False, False
    if options.deinterlace == "frame":
        note = "interlaced: deinterlaced with bwdif, one frame of each (input.deinterlace=field keeps every field)"
        return replace(clip, interlaced=False, notes=(*clip.notes, note)), False, True
    note = "interlaced: deinterlaced with bwdif, one frame of each field, at twice the rate"
    doubled = replace(
        clip,
        interlaced=False,
        rate=2 * clip.rate,
        time_base=clip.time_base / 2,
        frames=2 * clip.frames if clip.frames else None,
        notes=(*clip.notes, note),
    )
    return doubled, True, True
