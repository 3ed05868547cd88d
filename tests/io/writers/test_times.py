"""Timestamps of written files, for every clock a source may have."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.io.writers.conftest import SourceMaker, flat, make_clip, picture, sound, times, write
from vmatte.core.types import Clip, Picture

CLOCKS = {
    "mp4": (Fraction(1, 15360), [0, 512, 1024, 2000]),
    "matroska": (Fraction(1, 1000), [0, 33, 67, 100]),
    "matroska, later": (Fraction(1, 1000), [1001, 1034, 1068]),
    "transport stream": (Fraction(1, 90000), [126000, 129003, 132006, 139000]),
    "transport stream, 10 hours": (Fraction(1, 90000), [3_240_000_000, 3_240_003_003]),
    "transport stream, before wrapping": (Fraction(1, 90000), [2**33 - 100, 2**33 + 2903]),
    "asf": (Fraction(1, 10**7), [0, 333_667, 667_000, 1_000_001]),
    "asf, 300 s": (Fraction(1, 10**7), [3 * 10**9, 3 * 10**9 + 400_001]),
    "nanoseconds": (Fraction(1, 10**9), [12_345, 33_366_666, 66_733_333]),
    "avi": (Fraction(1001, 30000), [0, 1, 2, 5]),
    "film": (Fraction(1001, 24000), [5, 6, 9]),
    "finest": (Fraction(1, 2**31 - 1), [7, 70_000_000]),
    "coarse": (Fraction(2, 25), [1, 2, 3]),
    "one frame, not at zero": (Fraction(1, 90000), [5]),
}


def run(folder: Path, name: str, tick: Fraction, pts: Sequence[int], **options: Any) -> tuple[Path, tuple[str, ...]]:
    clip = make_clip(16, 16, time_base=tick)
    pictures = [
        Picture(index, time, 0, one.colour, one.alpha)
        for index, time in enumerate(pts)
        for one in [flat(clip, (9, 9, 9), index / len(pts))]
    ]
    writer = write(folder, name, clip, pictures, **options)
    return writer.path, writer.facts.warnings


@pytest.mark.parametrize("name", ["prores", "alpha-mp4", "alpha"])
@pytest.mark.parametrize("clock", CLOCKS)
def test_times_are_those_of_the_source(out: Path, clock: str, name: str) -> None:
    tick, pts = CLOCKS[clock]
    path, warnings = run(out, name, tick, pts)
    found = times(path)
    assert len(found) == len(pts)
    allowed = Fraction(1, 2000) if name == "alpha" else 0
    assert max(abs(time - ticks * tick) for time, ticks in zip(found, pts, strict=True)) <= allowed
    assert any("gap before" in warning for warning in warnings) == (pts[0] * tick > 60)


@pytest.mark.parametrize("name", ["prores", "alpha-mp4", "alpha"])
def test_a_start_before_zero_moves_everything(out: Path, name: str) -> None:
    path, warnings = run(out, name, Fraction(1, 30000), [-1001, 0, 1001, 2500])
    meant = [Fraction(ticks, 30000) for ticks in (0, 1001, 2002, 3501)]
    allowed = Fraction(1, 2000) if name == "alpha" else 0
    assert max(abs(time - ideal) for time, ideal in zip(times(path), meant, strict=True)) <= allowed
    (warning,) = warnings
    assert "before zero" in warning


@pytest.mark.parametrize("name", ["prores", "alpha-mp4", "alpha"])
def test_a_start_at_zero_can_be_asked_for(out: Path, name: str) -> None:
    path, warnings = run(out, name, Fraction(1, 90000), [3_240_000_000, 3_240_003_003], start="zero")
    assert times(path)[0] == 0
    assert warnings == ()


@settings(max_examples=15, deadline=None)
@given(
    tick=st.fractions(Fraction(1, 10**6), Fraction(1, 10), max_denominator=10**6),
    start=st.integers(0, 10**6),
    steps=st.lists(st.integers(1, 5000), max_size=5),
)
def test_any_clock_is_exact_in_quicktime(
    tmp_path_factory: pytest.TempPathFactory, tick: Fraction, start: int, steps: list[int]
) -> None:
    pts = [start + sum(steps[:count]) for count in range(len(steps) + 1)]
    path, _ = run(tmp_path_factory.mktemp("any"), "prores", tick, pts)
    assert times(path) == [time * tick for time in pts]


@pytest.mark.parametrize("name", ["source.mp4", "source.mov", "source.mkv", "source.ts"])
def test_variable_rate_offset_b_frames_and_sound(source: SourceMaker, out: Path, name: str) -> None:
    path, clip, pts = source(name, sounds=("aac",))
    assert len({step - last for last, step in pairwise(pts)}) > 1
    pictures = [picture(clip, index, time) for index, time in enumerate(pts)]
    written = write(out, "prores", clip, pictures, path).path
    assert times(written) == times(path)
    begins = [track[0][0] * track[0][2] for track in (sound(path)[0], sound(written)[0])]
    assert abs(begins[0] - begins[1]) <= Fraction(1, 48000)
    master = times(write(out, "alpha", clip, pictures, path).path)
    assert max(abs(one - other) for one, other in zip(master, times(path), strict=True)) <= Fraction(1, 2000)


def test_the_last_frame_lasts(out: Path) -> None:
    clip: Clip = make_clip(16, 16)
    pictures = [Picture(0, 0, 3000, *colours(clip)), Picture(1, 3000, 9000, *colours(clip))]
    with av.open(str(write(out, "prores", clip, pictures).path)) as file:
        stream = file.streams.video[0]
        assert stream.duration is not None
        assert stream.duration * (stream.time_base or 0) == Fraction(12000, 90000)


def colours(clip: Clip):
    one = flat(clip, (1, 2, 3), 0.5)
    return one.colour, one.alpha
