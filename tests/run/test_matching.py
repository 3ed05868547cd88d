"""Frames find their counterparts by time, number or place, or it is said why not."""

from fractions import Fraction

import pytest

from vmatte.core.errors import InputError
from vmatte.run.matching import Placed, matched

RATE = Fraction(1, 25)


def video(count, name="v", start=0, rate=RATE, skip=()):
    times = tuple(start + rate * index for index in range(count) if index not in skip)
    return Placed(name, len(times), times=times)


def images(*numbers, name="s"):
    return Placed(name, len(numbers), numbers=numbers)


def test_videos_by_time_although_the_clock_of_one_is_coarse():
    coarse = Placed("m", 6, times=tuple(Fraction(round(1000 * time), 1000) for time in video(6, rate=RATE / 3).times))
    found = matched(coarse, video(6, rate=RATE / 3))
    assert (found.frames, found.how, found.notes) == ((0, 1, 2, 3, 4, 5), "by time", ())


def test_a_part_finds_its_place_and_the_rest_is_counted():
    found = matched(video(3, start=2 * RATE), video(10, "t"))
    assert found.frames == (2, 3, 4)
    assert found.notes == ("t: 7 of its 10 frames have no counterpart and are left out",)


@pytest.mark.parametrize(
    ("other", "how", "word"),
    [
        (video(4, start=Fraction(21, 1000)), "by time from the first frame", "+0.021 s later"),
        (video(4, rate=Fraction(1, 30)), "by place", "other times"),
    ],
)
def test_as_many_frames_at_other_times(other, how, word):
    found = matched(video(4), other)
    assert (found.frames, found.how) == ((0, 1, 2, 3), how)
    assert word in found.notes[0]


def test_a_missing_frame_is_named():
    with pytest.raises(InputError, match=r"p has 6 frames, t has 5, and frame 3 of p \(0.120 s\) has no counterpart"):
        matched(video(6, "p"), video(6, "t", skip=(3,)))


def test_sequences_by_number():
    assert matched(images(3, 4, 5), images(1, 2, 3, 4, 5, 6)).frames == (2, 3, 4)
    shifted = matched(images(0, 1, 2), images(1, 2, 3))
    assert shifted.frames == (0, 1, 2)
    assert "numbered 1 to 3" in shifted.notes[0]
    assert matched(Placed("a", 2), Placed("b", 2)).how == "by place"
    with pytest.raises(InputError, match="do not agree"):
        matched(images(0, 1, 2, 9), images(0, 1, 2))


def test_a_sequence_and_a_video():
    assert matched(images(7, 8, 9), video(3)).how == "by place"
    assert matched(images(2, 4), video(5)).frames == (2, 4)
    assert matched(video(3), images(0, 1, 2, 3)).frames == (0, 1, 2)
    with pytest.raises(InputError, match="one is a sequence"):
        matched(images(2, 14), video(5))
    with pytest.raises(InputError, match="do not cover"):
        matched(video(3), images(0, 2))


def test_a_cut_keeps_times():
    assert matched(video(10).cut(4, None), video(10)).frames == (4, 5, 6, 7, 8, 9)
    assert images(5, 6, 7).cut(1, 2) == images(6)
