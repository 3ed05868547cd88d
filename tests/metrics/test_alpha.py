"""Alpha scores: what holds for any mattes. That they agree with the published programs is tested beside."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmatte.metrics.alpha import gradient, gradient_magnitude, mad, mse


@pytest.mark.parametrize("metric", [mad, mse, gradient])
def test_the_truth_scores_nothing_in_any_precision(metric):
    truth = np.random.default_rng(3).random((12, 17)).astype(np.float32)
    assert metric(truth, truth) == 0
    assert metric(truth[:, ::-1], truth[:, ::-1]) == 0


@given(st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_symmetric_and_ordered(seed):
    a, b = np.random.default_rng(seed).random((2, 11, 13))
    for metric in (mad, mse, gradient):
        assert metric(a, b) == pytest.approx(metric(b, a))
    assert mse(a, b) <= mad(a, b) <= np.sqrt(mse(a, b)) + 1e-12


def test_a_half_pixel_shift_costs_more_than_a_dim_interior():
    edge = np.zeros((40, 40))
    edge[:, 20:] = 1
    shifted = edge.copy()
    shifted[:, 19] = 0.5
    assert gradient(shifted, edge) > 3 * gradient(edge * 0.95, edge)


def test_gradient_of_a_ramp_is_its_slope_times_the_filter_gain():
    ramp = np.linspace(0, 1, 41)[None].repeat(30, 0)
    inner = gradient_magnitude(ramp)[10:-10, 10:-10]
    np.testing.assert_allclose(inner, inner[0, 0])
    np.testing.assert_allclose(gradient_magnitude(2 * ramp)[10:-10, 10:-10], 2 * inner)
