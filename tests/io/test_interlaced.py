"""Woven fields: found, unwoven, left or refused as asked, always with exact times."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from tests.clips import Recipe, frame_of, planes_of, write_clip
from tests.io.conftest import HIGH_QUALITY
from vmatte.core.errors import ConfigError, InputError
from vmatte.core.types import Colour
from vmatte.io.coded import Coded
from vmatte.io.fields import deinterlaced
from vmatte.io.options import InputOptions
from vmatte.io.pixels import Pixels
from vmatte.io.probe import Weave, probe
from vmatte.io.video import VideoSource

COUNT, SPEED = 8, 8
PTS = tuple(int(step) for step in np.cumsum([900, 3600, 3600, 1800, 7200, 3600, 3600, 3600]))


def _bar(position):
    """A smooth bright bar on grey whose middle is at column `position`."""
    columns = np.arange(96)
    row = 60 + 150 * np.exp(-(((columns - position) / 5.0) ** 2))
    return np.repeat(np.tile(row, (48, 1))[..., None], 3, axis=2).round().astype(np.uint8)


def _woven(index, first=0):
    """The field that starts at row `first` now, the other half a frame later."""
    picture = _bar(16 + SPEED * index)
    picture[1 - first :: 2] = _bar(16 + SPEED * (index + 0.5))[1 - first :: 2]
    return picture


def _middle(rgb):
    weight = rgb[..., 1].astype(float).mean(axis=0) - 60
    weight[weight < 10] = 0
    return (weight * np.arange(weight.size)).sum() / weight.sum()


def _combing(rgb):
    rows = rgb[..., 1].astype(float)
    return np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean()


@pytest.fixture(scope="module", params=["tff", "bff"])
def woven(request, tmp_path_factory):
    options = {**HIGH_QUALITY, "flags": "+ildct+ilme", "x264-params": "bframes=2"}
    recipe = Recipe(options=options, pts=PTS, time_base=Fraction(1, 90000), fields=request.param)
    pictures = [_woven(index, int(request.param == "bff")) for index in range(COUNT)]
    return write_clip(tmp_path_factory.mktemp("woven") / "a.mp4", pictures, recipe)


def _source(path, mode):
    return VideoSource(path, InputOptions(threads=1, deinterlace=mode))


def test_it_is_found(woven, tmp_path):
    assert probe(woven).interlaced
    plain = write_clip(tmp_path / "a.mp4", [_bar(20)] * 3, Recipe(options=HIGH_QUALITY))
    assert not probe(plain).interlaced


def test_frames_keep_their_times_and_lose_the_comb(woven):
    source = _source(woven, "frame")
    frames = list(source.frames())
    assert [frame.pts for frame in frames] == list(PTS)
    assert not source.clip.interlaced
    assert any("deinterlaced" in note for note in source.clip.notes)
    for frame in frames:
        assert _combing(frame.rgb) < 0.5
        assert abs(_middle(frame.rgb) - (16 + SPEED * frame.index)) < 1.0


def test_fields_come_at_twice_the_rate_midway_between_frames(woven):
    source = _source(woven, "field")
    frames = list(source.frames())
    assert (source.clip.time_base, len(frames)) == (Fraction(1, 180000), 2 * COUNT)
    assert [frame.pts for frame in frames[::2]] == [2 * pts for pts in PTS]
    assert [frame.pts for frame in frames[1:-1:2]] == [one + other for one, other in pairwise(PTS)]
    assert frames[-1].pts > frames[-2].pts
    for frame in frames:
        assert abs(_middle(frame.rgb) - (16 + SPEED * frame.index / 2)) < 1.0


@pytest.mark.parametrize("bottom", [False, True])
def test_the_stream_says_the_order_when_the_frames_do_not(bottom):
    pictures = [_woven(index, int(bottom)) for index in range(COUNT)]
    grey = Recipe(pix_fmt="gray", full=True)
    coded = [
        Coded(index, 10 * index, 10, frame_of(planes_of(picture, grey), "gray", 96, 48))
        for index, picture in enumerate(pictures)
    ]
    found = list(deinterlaced(iter(coded), Weave(False, bottom), True))
    assert [item.pts for item in found] == [10 * index for index in range(2 * COUNT)]
    for item in found:
        picture = Pixels(Colour(full_range=True))(item.frame)[0]
        assert abs(_middle(picture) - (16 + SPEED * item.index / 2)) < 1.0


def test_left_alone_it_is_combed_and_said(woven):
    source = _source(woven, "off")
    frame = list(source.frames())[4]
    assert _combing(frame.rgb) > 3
    assert source.clip.interlaced
    assert any("combed" in warning for warning in source.clip.warnings)


def test_refusal_names_the_way_out(woven):
    with pytest.raises(InputError, match=r"interlaced; set input\.deinterlace"):
        _source(woven, "refuse")
    with pytest.raises(ConfigError, match="'bob' is not one of frame, field, off, refuse"):
        InputOptions(deinterlace="bob")


@pytest.mark.parametrize("mode", ["frame", "field"])
def test_every_start_equals_the_slice(woven, mode):
    source = _source(woven, mode)
    whole = list(source.frames())
    for start in range(len(whole)):
        part = list(source.frames(start, start + 3))
        assert [frame.pts for frame in part] == [frame.pts for frame in whole[start : start + 3]]
        for one, other in zip(part, whole[start:], strict=False):
            assert np.array_equal(one.rgb, other.rgb)
