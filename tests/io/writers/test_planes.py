"""Pictures into planes, compared with the formulas they stand for."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest
from av import VideoFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from vmatte.core.colour import encode_affine
from vmatte.core.errors import OutputError
from vmatte.io.writers.planes import fingerprint, plane, put_alpha, put_yuv

sizes = st.tuples(st.integers(1, 70), st.integers(1, 150))
kinds = st.sampled_from([np.uint8, np.uint16])


@settings(max_examples=25, deadline=None)
@given(size=sizes, kind=kinds, matrix=st.sampled_from([1, 5, 6, 9]), seed=st.integers(0, 999))
def test_colour_follows_the_formula(size: tuple[int, int], kind: Any, matrix: int, seed: int) -> None:
    width, height = size
    colour = np.random.default_rng(seed).integers(0, np.iinfo(kind).max + 1, (height, width, 3), dtype=kind)
    frame = VideoFrame(width, height, "yuva444p10le")
    put_yuv(frame, colour, matrix)
    found = np.dstack([plane(frame, index, np.uint16) for index in range(3)])
    affine = encode_affine(matrix, 10, full_range=False, white=float(np.iinfo(kind).max))
    exact = colour.astype(np.float64) @ affine[:, :3].T + affine[:, 3]
    # The nearest code, but for what OpenCV loses in its sum: at most 0.003 of a code, measured on 10**6 pixels.
    assert np.abs(found - exact).max() <= 0.504


@settings(max_examples=25, deadline=None)
@given(size=sizes, top=st.sampled_from([255, 1023, 65535]), seed=st.integers(0, 999))
def test_alpha_is_rounded_and_nothing_else_is_touched(size: tuple[int, int], top: int, seed: int) -> None:
    width, height = size
    alpha = np.random.default_rng(seed).random((height, width), dtype=np.float32)
    frame = VideoFrame(width, height, "gray16le")
    whole = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
    whole[:] = 7
    codes = plane(frame, 0, np.uint16)
    put_alpha(codes, alpha, top)
    assert codes.shape == alpha.shape
    assert np.array_equal(codes, np.rint(alpha * np.float32(top)))
    assert np.all(whole.reshape(height, -1)[:, width * 2 :] == 7)


def test_alpha_outside_its_range_is_clipped() -> None:
    codes = np.zeros((1, 4), np.uint16)
    put_alpha(codes, np.array([[-0.5, 0, 1, 1.5]], np.float32), 235, 16)
    assert codes.tolist() == [[16, 16, 235, 235]]
    put_alpha(codes, None, 1023)
    assert codes.tolist() == [[1023] * 4]


@pytest.mark.parametrize("value", [np.nan, np.inf - np.inf])
def test_one_value_that_is_no_number_is_found(value: float) -> None:
    alpha = np.zeros((80, 3), np.float32)
    alpha[70, 1] = value
    with pytest.raises(OutputError, match="not numbers"):
        put_alpha(np.zeros((80, 3), np.uint16), alpha, 1023)


@settings(max_examples=10, deadline=None)
@given(size=sizes, seed=st.integers(0, 999))
def test_a_fingerprint_is_of_the_samples_alone(size: tuple[int, int], seed: int) -> None:
    width, height = size
    meant = np.random.default_rng(seed).integers(0, 65536, (height, width), dtype=np.uint16)
    frame = VideoFrame(width, height, "gray16le")
    plane(frame, 0, np.uint16)[:] = meant
    assert fingerprint(plane(frame, 0, np.uint16)) == fingerprint(meant) == zlib.crc32(meant.tobytes())
    meant[-1, -1] ^= 1
    assert fingerprint(plane(frame, 0, np.uint16)) != fingerprint(meant)
