"""Which frame of one clip belongs to which of another: by time, by number or by place, and never by guessing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from vmatte.core.errors import InputError
from vmatte.io.open import OpenedSource
from vmatte.io.sequence import SequenceSource


@dataclass(frozen=True)
class Placed:
    """Where the frames of a clip are.

    Attributes:
        name: Of the clip, for messages.
        count: How many frames there are.
        times: Seconds, for a video.
        numbers: Those in the file names, for a sequence that has them.
    """

    name: str
    count: int
    times: tuple[Fraction, ...] | None = None
    numbers: tuple[int, ...] | None = None

    @classmethod
    def of(cls, source: OpenedSource) -> Placed:
        """Of an opened clip; reads its packets."""
        name = str(source.clip.path)
        if isinstance(source, SequenceSource):
            return cls(name, source.count(), numbers=source.numbers())
        times = source.times()
        return cls(name, len(times), times=times)

    def cut(self, start: int, stop: int | None) -> Placed:
        """Its frames `start` up to but not including `stop`."""
        part = slice(start, stop)
        times = None if self.times is None else self.times[part]
        numbers = None if self.numbers is None else self.numbers[part]
        return Placed(self.name, len(range(self.count)[part]), times, numbers)


@dataclass(frozen=True)
class Matched:
    """The counterpart of every frame of the first clip.

    Attributes:
        frames: Frame numbers in the other clip, ascending.
        how: In words: by time, by number or by place.
        notes: What is to be known about it.
    """

    frames: tuple[int, ...]
    how: str
    notes: tuple[str, ...] = field(default=())


def matched(first: Placed, other: Placed) -> Matched:
    """Finds the counterparts of all frames of `first` in `other`.

    Videos are matched by their times; if those disagree but there are as many frames, by place, which is said.
    Sequences are matched by the numbers in their names. A sequence and a video are matched by place if there are as
    many frames, else by the sequence's numbers as the video's frame numbers.

    Raises:
        InputError: A frame of `first` has no counterpart.

    >>> video = Placed("a", 3, times=(Fraction(0), Fraction(1, 25), Fraction(2, 25)))
    >>> matched(video, Placed("b", 2, times=(Fraction(1, 25), Fraction(2, 25))))
    Traceback (most recent call last):
        ...
    vmatte.core.errors.InputError: a has 3 frames, b has 2, and frame 0 of a (0.000 s) has no counterpart: ...
    """
    if first.times is not None and other.times is not None:
        return _by_time(first, first.times, other, other.times)
    if first.times is None and other.times is None:
        return _by_number(first, other)
    if first.count == other.count:
        return _in_order(first, other, "by place")
    numbers = first.numbers or other.numbers
    inside = numbers is not None and max(numbers) < max(first.count, other.count)
    if numbers is None or not inside:
        raise _refusal(first, other, "one is a sequence, so only the number of frames could match them")
    frames = numbers if first.numbers else _found(range(first.count), numbers)
    if frames is None:
        raise _refusal(first, other, "the numbers in the file names do not cover all frames")
    note = f"{other.name}: matched by taking the numbers in file names as frame numbers of the video"
    return Matched(tuple(frames), "by number", (note, *_left_over(first, other)))


def check_size(first: OpenedSource, other: OpenedSource) -> None:
    """Refuses clips of different size.

    Raises:
        InputError: They are.
    """
    one, two = first.clip, other.clip
    if (one.width, one.height) != (two.width, two.height):
        raise InputError(
            f"{one.path} is {one.width}x{one.height}, {two.path} {two.width}x{two.height}: bring them to one size first"
        )


def _by_time(first: Placed, times: tuple[Fraction, ...], other: Placed, others: tuple[Fraction, ...]) -> Matched:
    within = _half_step(times, others)
    found = [_nearest(time, others) for time in times]
    near = [abs(others[place] - time) < within for place, time in zip(found, times, strict=True)]
    if all(near) and all(before < after for before, after in pairwise(found)):
        return Matched(tuple(found), "by time", _left_over(first, other))
    if first.count != other.count:
        place = near.index(False) if False in near else 0
        what = f"frame {place} of {first.name} ({float(times[place]):.3f} s) has no counterpart"
        raise _refusal(first, other, what)
    shift = others[0] - times[0]
    if all(abs(b - a - shift) < within for a, b in zip(times, others, strict=True)):
        note = f"{other.name}: its frames come {float(shift):+.3f} s later; matched by time from the first frame"
        return Matched(tuple(range(first.count)), "by time from the first frame", (note,))
    note = f"{other.name}: its frames have other times, but there are as many; matched by place"
    return Matched(tuple(range(first.count)), "by place", (note,))


def _by_number(first: Placed, other: Placed) -> Matched:
    if first.numbers and other.numbers:
        found = _found(first.numbers, other.numbers)
        if found is not None:
            return Matched(found, "by number", _left_over(first, other))
    if first.count != other.count:
        raise _refusal(first, other, "the numbers in the file names do not agree")
    return _in_order(first, other, "by place")


def _in_order(first: Placed, other: Placed, how: str) -> Matched:
    notes: tuple[str, ...] = ()
    if first.numbers and other.numbers:
        ranges = [f"{each.numbers[0]} to {each.numbers[-1]}" for each in (first, other) if each.numbers]
        notes = (f"{other.name}: files are numbered {ranges[1]}, those of {first.name} {ranges[0]}; matched by place",)
    return Matched(tuple(range(first.count)), how, notes)


def _found(wanted: Sequence[int], among: Sequence[int]) -> tuple[int, ...] | None:
    places = {number: place for place, number in enumerate(among)}
    found = [places.get(number, -1) for number in wanted]
    ascending = all(before < after for before, after in pairwise(found))
    return tuple(found) if -1 not in found and ascending else None


def _nearest(time: Fraction, times: Sequence[Fraction]) -> int:
    after = min(bisect_left(times, time), len(times) - 1)
    return min((max(0, after - 1), after), key=lambda place: abs(times[place] - time))


def _half_step(*clips: tuple[Fraction, ...]) -> Fraction:
    """Half the shortest time between two frames; any time for stills."""
    steps = [after - before for times in clips for before, after in pairwise(times)]
    return min(steps) / 2 if steps else Fraction(10**9)


def _left_over(first: Placed, other: Placed) -> tuple[str, ...]:
    more = other.count - first.count
    return (f"{other.name}: {more} of its {other.count} frames have no counterpart and are left out",) if more else ()


def _refusal(first: Placed, other: Placed, why: str) -> InputError:
    return InputError(
        f"{first.name} has {first.count} frames, {other.name} has {other.count}, and {why}: give clips of the "
        "same frames"
    )
