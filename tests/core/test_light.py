"""Transfer functions against the standards' own points, and the SDR look against what it promises."""

import numpy as np
import pytest

from vmatte.core import light
from vmatte.core.types import Colour

GREY = np.linspace(0, 1, 1001)


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (light.pq_to_light, light.light_to_pq),
        (light.srgb_to_linear, light.linear_to_srgb),
        (light.bt709_to_linear, light.linear_to_bt709),
    ],
)
def test_curves_are_inverses(there, back):
    # BT.709 prints its knee with three digits, so the two branches miss each other by 4e-4 there.
    assert np.allclose(back(there(GREY)), GREY, atol=5e-4)


def test_pq_points():
    # ITU-R BT.2408-7, table 1 and annex: 203 cd/m2 is 58 % PQ, 1000 is 75 %, 100 is 51 %.
    assert np.round(light.light_to_pq(np.array([100.0, 203.0, 1000.0, 10000.0])), 2).tolist() == [0.51, 0.58, 0.75, 1.0]


def test_hlg_points():
    # BT.2408-7, table 1: HLG 75 % shows 203 cd/m2 on a display of 1000.
    assert light.display_light(np.array(0.75), 18) == pytest.approx(203, rel=0.01)
    assert light.display_light(np.array(1.0), 18) == pytest.approx(1000, rel=1e-3)


def test_the_squeeze_keeps_dark_tones_and_ends_at_white():
    levels = np.linspace(0, 1000, 2001)
    squeezed = light.eetf(levels)
    assert np.allclose(squeezed[levels < 60], levels[levels < 60], rtol=1e-6)
    assert squeezed[-1] == pytest.approx(light.SDR_WHITE, rel=1e-3)
    assert (np.diff(squeezed) > 0).all()
    assert light.eetf(np.array(4000.0)) == pytest.approx(light.SDR_WHITE, rel=1e-3)


@pytest.mark.parametrize("transfer", [16, 18])
def test_greys_stay_grey_and_in_order(transfer):
    codes = np.repeat(np.arange(0, 65536, 64, dtype=np.uint16)[:, None, None], 3, axis=2)
    sdr = light.tone_mapped(codes, Colour(9, transfer, 9))
    assert np.ptp(sdr.astype(int), axis=2).max() <= 1
    assert (np.diff(sdr[:, 0, 1].astype(int)) >= 0).all()
    assert (sdr[0].max(), sdr[-1].min()) == (0, 255)


def test_the_same_grey_in_pq_and_hlg_looks_the_same():
    hlg = np.linspace(0.1, 0.95, 50)
    pq = light.light_to_pq(light.display_light(hlg, 18))
    pictures = [np.repeat((codes * 65535).round().astype(np.uint16)[:, None, None], 3, axis=2) for codes in (hlg, pq)]
    one, other = (light.tone_mapped(picture, Colour(9, t, 9)) for picture, t in zip(pictures, (18, 16), strict=True))
    assert np.abs(one.astype(int) - other).max() <= 1


def test_primaries_are_converted():
    white = np.full((1, 1, 3), 38000, np.uint16)
    assert np.ptp(light.tone_mapped(white, Colour(9, 16, 9))) == 0
    green = np.array([[[20000, 38000, 20000]]], np.uint16)
    wide, narrow = (light.tone_mapped(green, Colour(primaries, 16, 9)) for primaries in (9, 1))
    assert wide[0, 0, 0] < narrow[0, 0, 0], "a BT.2020 green is purer in BT.709"
