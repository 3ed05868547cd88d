"""Views: what an output shows of a matte."""

import numpy as np
import pytest

from vmatte.core.types import Frame, Layer, Matte
from vmatte.run.views import Alpha, Rgba


def matte(dtype=np.uint8, colour=True):
    rng = np.random.default_rng(1)
    top = np.iinfo(dtype).max
    rgb = rng.integers(0, top, (6, 8, 3), dtype, endpoint=True)
    sdr = rgb if dtype == np.uint8 else (rgb // 257).astype(np.uint8)
    coverage = np.zeros((6, 8), np.float32)
    coverage[2:5, 2:5] = 1
    coverage[1, 2:5] = 0.5
    straight = (rgb / np.float32(top)).astype(np.float32) if colour else None
    return Matte(Frame(7, 70, rgb, sdr, 10), (Layer("subject", coverage, straight),))


def test_alpha_is_the_layers_own():
    shown = Alpha()(matte())
    assert (shown.index, shown.pts, shown.duration) == (7, 70, 10)
    assert shown.colour is None
    assert shown.alpha is not None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colours_survive_to_the_bit_and_stop_past_the_edge(dtype):
    given = matte(dtype)
    shown = Rgba(1)(given)
    assert shown.colour is not None
    assert shown.colour.dtype == dtype
    seen = given.alpha > 0
    np.testing.assert_array_equal(shown.colour[seen], given.frame.rgb[seen])
    assert not shown.colour[0, 7].any()


def test_source_colours_are_kept_whole():
    given = matte(colour=False)
    np.testing.assert_array_equal(Rgba(-1)(given).colour, given.frame.rgb)
