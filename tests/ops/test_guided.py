"""The guided filter against the least squares it stands for, and against plain enlargement."""

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vmatte.ops.guided import coefficients, guided, guided_on, lifted, upsample


def test_one_window_is_ridge_regression():
    rng = np.random.default_rng(0)
    guide, target = rng.random((5, 5, 3)).astype(np.float32), rng.random((5, 5)).astype(np.float32)
    big = np.zeros((5, 5, 4), np.float32)
    flat = guide.reshape(-1, 3).astype(float)
    mean, level = flat.mean(0), target.mean()
    spread = (flat - mean).T @ (flat - mean) / 25 + 1e-2 * np.eye(3)
    slope = np.linalg.solve(spread, (flat - mean).T @ (target.ravel() - level) / 25)
    # Before the second mean, the centre's window is the whole picture; so tile it to make all windows that one.
    tiled_guide, tiled_target = np.tile(guide, (5, 5, 1)), np.tile(target, (5, 5))
    big = coefficients(tiled_guide, tiled_target, 2, 1e-2)[12, 12]
    assert np.allclose(big[:3], slope, atol=1e-3)
    assert np.isclose(big[3], level - slope @ mean, atol=1e-3)


def test_a_step_stays_where_the_guide_has_it():
    guide = np.zeros((20, 20, 3), np.float32)
    guide[:, 10:] = 1
    blurred = np.asarray(cv2.GaussianBlur(guide[..., 0], (0, 0), 2), np.float32)
    assert np.abs(guided(guide, blurred, 4, 1e-4) - guide[..., 0]).max() < np.abs(blurred - guide[..., 0]).max()


def test_only_the_region_changes():
    rng = np.random.default_rng(0)
    guide, target = rng.random((40, 50, 3)).astype(np.float32), rng.random((40, 50)).astype(np.float32)
    region = np.zeros((40, 50), bool)
    region[10:20, 30:45] = True
    out = guided_on(region, guide, target, 2, 1e-3)
    assert np.array_equal(out[~region], target[~region])
    assert np.allclose(out[region], guided(guide, target, 2, 1e-3)[region], atol=1e-4)


def test_enlarging_follows_the_full_picture():
    rows, columns = np.mgrid[:160, :160]
    alpha = np.clip(50.5 - np.hypot(rows - 80, columns - 80), 0, 1).astype(np.float32)
    full = np.rint(alpha[..., None] * (220, 40, 40) + (1 - alpha[..., None]) * (20, 60, 200)).astype(np.uint8)
    small, little = (cv2.resize(x, (40, 40), interpolation=cv2.INTER_AREA) for x in (full, alpha))
    ours = np.abs(upsample(little, lifted(small), full) - alpha).mean()
    plain = np.abs(cv2.resize(little, (160, 160)) - alpha).mean()
    assert ours < 0.6 * plain


def test_enlarging_without_a_visible_edge_is_no_blur():
    little = np.zeros((40, 40), np.float32)
    little[:, 20:] = 1
    little[:, 19] = 0.5
    flat = np.full((160, 160, 3), 90, np.uint8)
    out = upsample(little, lifted(flat[:40, :40]), flat)
    assert np.abs(out - cv2.resize(little, (160, 160))).max() < 0.02


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 3))
def test_stays_in_range(height, width, times):
    rng = np.random.default_rng(height)
    alpha = rng.random((height, width)).astype(np.float32)
    full = rng.integers(0, 256, (height * times, width * times, 3), np.uint8)
    small = np.asarray(cv2.resize(full, (width, height)), np.uint8).reshape(height, width, 3)
    out = upsample(alpha, lifted(small), full)
    assert out.shape == full.shape[:2]
    assert out.min() >= 0
    assert out.max() <= 1
