"""Motion between drawn frames whose true motion is known."""

import cv2
import numpy as np
import pytest

from vmatte.ops.flow import Flows, agreement, both_ways, confidence, dense, round_trip


def speckle(height, width, seed=0):
    noise = np.random.default_rng(seed).normal(0, 1, (height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return np.clip(128 + 60 * smooth / max(smooth.std(), 1e-6), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("rows", [0, 60])
def test_finds_a_shift(rows):
    before = speckle(120, 160)
    flow = dense(before, np.roll(before, (3, -4), (0, 1)), rows)
    assert flow.shape == (120, 160, 2)
    inner = flow[20:-20, 20:-20].reshape(-1, 2)
    assert np.abs(np.median(inner, 0) - (-4, 3)).max() < 0.3


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (33, 47)])
def test_takes_pictures_of_any_size(size):
    flows = both_ways(speckle(*size), speckle(*size))
    assert flows.forward.shape == (*size, 2)
    assert np.isfinite(flows.backward).all()


def test_a_round_trip_measures_disagreement():
    there = np.full((20, 20, 2), 2, np.float32)
    assert round_trip(there, -there).max() == 0
    assert np.allclose(round_trip(there, there), np.hypot(4, 4))
    assert agreement(there, there, 1.5).max() < 1e-3


def test_confidence_falls_where_the_picture_changed():
    still = Flows(np.zeros((40, 40, 2), np.float32), np.zeros((40, 40, 2), np.float32))
    before = np.full((40, 40, 3), 100, np.uint8)
    after = before.copy()
    after[:20] = 200
    trust = confidence(still, before, after, 1.5)
    assert trust[:15].max() < 0.05
    assert trust[25:].min() == 1
