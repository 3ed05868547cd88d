"""A video file as a stream of upright RGB frames, numbered and timed exactly."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from vmatte.core.errors import InputError
from vmatte.core.types import Clip, Frame, Stream
from vmatte.io.coded import Coded, CodedFrames
from vmatte.io.fields import deinterlaced
from vmatte.io.options import InputOptions
from vmatte.io.pixels import Pixels
from vmatte.io.probe import Facts, examine
from vmatte.io.timing import Timeline

# bwdif looks at one frame on either side; one more keeps its own start-up out of the picture.
_LEAD_IN = 2


class VideoSource:
    """Any video FFmpeg reads. Each call of `frames` opens the file anew and closes it when it ends or is closed."""

    def __init__(self, path: Path | str, options: InputOptions | None = None) -> None:
        self._options = options or InputOptions()
        self._facts = examine(Path(path), self._options)
        self._clip, self._per_field, self._weaving = _as_delivered(self._facts, self._options)
        self._coded = CodedFrames(self._facts, self._options.threads, keep=self._options.truncated == "keep")

    @property
    def warnings(self) -> list[str]:
        """What went wrong while reading without stopping it; grows as frames are read."""
        return self._coded.warnings

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
        return len(self._coded.timeline().pts) * (2 if self._per_field else 1)

    def seeks_simply(self) -> bool:
        """Whether every frame can be reached from the key packet before it in the file, as simple readers assume."""
        return self._coded.timeline().closed

    def span(self, start: float | None, end: float | None) -> tuple[int, int | None]:
        """Frame numbers of a time range in seconds, counted from the first frame's own time.

        Raises:
            InputError: No frame is shown in that range.
        """
        if start is None and end is None:
            return 0, None
        timeline = self._delivered_times()
        first = timeline.number(Fraction(start), self._clip.time_base) if start is not None else 0
        last = timeline.number(Fraction(end), self._clip.time_base) if end is not None else None
        if first >= len(timeline.pts) or (last is not None and last <= first):
            length = float((timeline.pts[-1] - timeline.pts[0]) * self._clip.time_base)
            until = "the end" if end is None else f"{end:g} s"
            raise InputError(
                f"{self._clip.path}: no frame between {start or 0:g} s and {until}; the last is shown at {length:.3f} s"
            )
        return first, last

    def _pictures(self, start: int, stop: int | None) -> Stream[Coded]:
        if not self._weaving:
            yield from self._coded.frames(start, stop)
            return
        fields = 2 if self._per_field else 1
        first = max(0, start // fields - _LEAD_IN)
        last = None if stop is None else -(-stop // fields) + _LEAD_IN
        assert self._facts.weave is not None
        with closing(self._coded.frames(first, last)) as coded:
            for item in deinterlaced(coded, self._facts.weave, self._per_field):
                if stop is not None and item.index >= stop:
                    return
                if item.index >= start:
                    yield item

    def _delivered_times(self) -> Timeline:
        timeline = self._coded.timeline()
        if not self._per_field:
            return timeline
        pts = timeline.pts
        step = pts[-1] - pts[-2] if len(pts) > 1 else 1
        after = (*pts[1:], pts[-1] + step)
        return Timeline(tuple(time for pair in zip(pts, after, strict=True) for time in (2 * pair[0], sum(pair))))


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
        warning = "interlaced and left so: mattes of moving edges will be combed"
        return replace(clip, warnings=(*clip.warnings, warning)), False, False
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
