"""The sizes that BiRefNet works at."""

from hypothesis import given
from hypothesis import strategies as st

from vmatte.models.birefnet.sizing import dynamic_size, sizing
from vmatte.models.birefnet.variants import VARIANTS

SIDES = st.integers(1, 5000)


def test_sizes_are_the_published_ones():
    assert sizing("auto", VARIANTS["birefnet"].size, 720, 1280).inner == (1024, 1024)
    assert sizing("auto", VARIANTS["birefnet.lite-2k"].size, 720, 1280).inner == (1440, 2560)
    assert sizing("512", VARIANTS["birefnet.hr"].size, 720, 1280).inner == (512, 512)
    native = sizing("native", VARIANTS["birefnet"].size, 1080, 1919)
    assert (native.inner, native.padded) == ((1080, 1919), (1088, 1920))


@given(height=SIDES, width=SIDES)
def test_dynamic_sizes_stay_in_range_and_near(height, width):
    found = dynamic_size(height, width)
    assert all(256 <= side <= 2304 and side % 32 == 0 for side in found)
    if min(height, width) >= 256 and max(height, width) <= 2304:
        assert abs(found[0] - height) <= 16
        assert abs(found[1] - width) <= 16
