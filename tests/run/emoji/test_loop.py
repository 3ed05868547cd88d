"""Loop points, found in movements that repeat."""

import numpy as np
import pytest

from tests.run.emoji.faces import face
from vmatte.core.errors import ConfigError
from vmatte.run.emoji.loop import JUMP, Track, thumbnail, track


def thumbs(places):
    return np.stack([thumbnail(face(place, 48, period=20)) for place in places])


def times(count):
    return [40.0 * place for place in range(count + 1)]


def test_a_loop_is_whole_periods_and_as_long_as_is_allowed():
    """Two and a half periods, after a quarter of a second that has nothing to do with them."""
    clip = list(range(56))
    looks = thumbs(clip)
    looks[:6] = looks[:6, ::-1]
    found = track(looks, times(56), "auto", 2000)
    assert len(found.places) == 40
    assert found.seam < 0.1
    assert len(track(looks, times(56), "auto", 1500).places) == 20


def test_an_animation_that_loops_already_stays_whole():
    found = track(thumbs(range(20)), times(20), "auto", 4000)
    assert found.places == tuple(range(20))
    assert found.seam < 0.1


def test_without_a_search_a_jump_is_seen_and_a_bounce_has_none():
    clip = list(range(30))
    straight = track(thumbs(clip), times(30), "off", 4000)
    assert straight.places == tuple(range(30))
    assert straight.seam > JUMP
    back = track(thumbs(clip), times(30), "bounce", 1000)
    assert back.places[:12] == tuple(range(12))
    assert back.length <= 1000
    assert all(abs(one - two) <= 1 for one, two in zip(back.places, back.places[1:], strict=False))


def test_a_loop_begins_where_it_is_told():
    loop = Track((3, 4, 5), (10.0, 20.0, 30.0))
    assert loop.beginning_with(5) == Track((5, 3, 4), (30.0, 10.0, 20.0))
    with pytest.raises(ConfigError, match="not in the loop"):
        loop.beginning_with(9)
