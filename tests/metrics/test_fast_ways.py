"""Grad and Conn skip most of the work; what they skip must not matter."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metrics import plain
from vmatte.metrics.connectivity import connectivity
from vmatte.metrics.gradient import gradient, gradient_taps


def dense(alpha, truth, stretch):
    smooth, slope = gradient_taps()
    kernel = np.outer(smooth, slope)
    lengths = []
    for each in (alpha / 255, truth / 255):
        span = each.max() - each.min()
        shown = (each - each.min()) / span if stretch and span else each * (not stretch)
        parts = [cv2.filter2D(shown, cv2.CV_64F, k, borderType=cv2.BORDER_REPLICATE) for k in (kernel, kernel.T)]
        lengths.append(np.hypot(*parts))
    return np.square(lengths[0] - lengths[1])


def blobs(seed, height=90, width=150):
    """Two soft mattes of several parts, alike in most places."""
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.normal(size=(height, width)), (0, 0), rng.uniform(1, 6))
    truth = np.rint(np.clip(field / field.std() * rng.uniform(0.3, 2) + 0.4, 0, 1) * 255).astype(np.uint8)
    alpha = truth.copy()
    top, left = rng.integers(0, height - 20), rng.integers(0, width - 20)
    alpha[top : top + 20, left : left + 20] = rng.integers(0, 256, (20, 20))
    if seed % 3 == 0:
        alpha = (alpha * 0.8).astype(np.uint8)
    return alpha, truth


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=25, deadline=None)
def test_grad_is_the_dense_one(seed, stretch):
    alpha, truth = blobs(seed)
    error = dense(alpha, truth, stretch)
    assert gradient(alpha, truth, stretch=stretch) == pytest.approx(error.sum(), rel=1e-9)
    mask = np.random.default_rng(seed).random(alpha.shape) > 0.5
    assert gradient(alpha, truth, stretch=stretch, mask=mask) == pytest.approx(error[mask].sum(), rel=1e-9)


def test_a_constant_matte_is_stretched_to_nothing():
    _, truth = blobs(1)
    for level in (0, 255):
        flat = np.full_like(truth, level)
        assert gradient(flat, truth, stretch=True) == pytest.approx(dense(flat, truth, True).sum(), rel=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_conn_is_that_of_ten_labellings(seed):
    alpha, truth = blobs(seed)
    wanted = plain.connectivity(alpha / 255, truth / 255)
    assert connectivity(alpha, truth) == pytest.approx(wanted, rel=1e-9)
    assert connectivity(alpha / 255, truth / 255) == pytest.approx(wanted, rel=1e-9)
    mask = np.random.default_rng(seed).random(alpha.shape) > 0.5
    assert connectivity(alpha, truth, mask) == pytest.approx(
        plain.connectivity(alpha / 255, truth / 255, mask=mask), rel=1e-9
    )


def test_of_equal_parts_the_first_counts():
    truth = np.zeros((9, 20), np.uint8)
    truth[2:5, 12:15] = truth[4:7, 2:5] = 255
    half = truth.copy()
    half[truth > 0] = 128
    assert connectivity(half, truth) == pytest.approx(plain.connectivity(half / 255, truth / 255))
    assert connectivity(np.zeros_like(truth), truth) == pytest.approx(plain.connectivity(0.0 * truth, truth / 255))
