"""Matrices and ranges against the standards' own numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmatte.core import colour

# 100 % colour bars in 8-bit limited range, the numbers every test generator prints.
BARS = {
    colour.BT709: {
        (255, 255, 0): (219, 16, 138),
        (0, 255, 255): (188, 154, 16),
        (0, 255, 0): (173, 42, 26),
        (255, 0, 255): (78, 214, 230),
        (255, 0, 0): (63, 102, 240),
        (0, 0, 255): (32, 240, 118),
    },
    colour.BT601_525: {
        (255, 255, 0): (210, 16, 146),
        (0, 255, 255): (170, 166, 16),
        (0, 255, 0): (145, 54, 34),
        (255, 0, 255): (106, 202, 222),
        (255, 0, 0): (81, 90, 240),
        (0, 0, 255): (41, 240, 110),
    },
}
KNOWN = [1, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("matrix", BARS)
def test_colour_bars_have_the_published_codes(matrix):
    for rgb, yuv in BARS[matrix].items():
        assert colour.rgb_to_yuv(np.array([rgb], np.uint8), matrix, 8).tolist() == [list(yuv)]


@pytest.mark.parametrize(("depth", "white", "neutral"), [(8, 235, 128), (10, 940, 512), (12, 3760, 2048)])
@pytest.mark.parametrize("matrix", KNOWN)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_white_and_black_hit_their_codes_exactly(depth, white, neutral, matrix, dtype):
    top = 1.0 if dtype is np.float32 else np.iinfo(dtype).max
    ends = np.array([[top] * 3, [0] * 3], dtype)
    assert colour.rgb_to_yuv(ends, matrix, depth).tolist() == [
        [white, neutral, neutral],
        [white * 16 // 235, neutral, neutral],
    ]
    assert colour.yuv_to_rgb(np.array([[white, neutral, neutral]], np.uint16), matrix, depth).tolist() == [[65535] * 3]


@settings(max_examples=60, deadline=None)
@given(
    rgb=st.tuples(*[st.integers(0, 65535)] * 3),
    matrix=st.sampled_from(KNOWN),
    depth=st.sampled_from([10, 12, 16]),
    full=st.booleans(),
)
def test_there_and_back_stays_within_the_rounding_of_the_codes(rgb, matrix, depth, full):
    there = colour.rgb_to_yuv(np.array([rgb], np.uint16), matrix, depth, full)
    back = colour.yuv_to_rgb(there, matrix, depth, full)
    # Half a luma code and half a chroma code times its largest gain (2.2 for limited BT.2020 blue).
    step = 65535 / colour.code_range(depth, full).luma
    assert np.abs(back.astype(int) - rgb).max() <= 0.5 * step + 0.5 * 2.2 * step + 1


def test_full_range_uses_every_luma_code():
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    assert np.array_equal(colour.rgb_to_yuv(grey, 1, 8, True)[:, 0], np.arange(256))


def test_rounding_to_8_bits_is_exact_for_every_code():
    codes = np.arange(65536, dtype=np.uint16)
    assert np.array_equal(colour.to_bits8(codes), np.floor(codes / 257 + 0.5).astype(np.uint8))
    assert np.array_equal(colour.to_bits8(colour.to_bits16(np.arange(256, dtype=np.uint8))), np.arange(256))


def test_constant_luminance_is_not_taken_for_a_matrix():
    assert not colour.has_matrix(colour.BT2020_CONSTANT)
    assert not colour.has_matrix(colour.UNKNOWN)
    assert all(colour.has_matrix(matrix) for matrix in KNOWN)
