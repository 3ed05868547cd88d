from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plate_scene import scene
from vmatte.ops import plate as plates
from vmatte.ops.plate import PlateMethod, estimate_plate


def lingering(share: float, count: int = 20) -> tuple[list[np.ndarray], np.ndarray]:
    """A subject that stands on one spot for `share` of the clip, changing its colour as cloth does."""
    rng = np.random.default_rng(5)
    wall = rng.integers(30, 120, (24, 33, 3), dtype=np.uint8)
    frames = []
    for i in range(count):
        frame = np.clip(wall + rng.normal(0, 1.5, wall.shape), 0, 255).astype(np.uint8)
        if i < share * count:
            frame[4:20, 8:20] = rng.integers(140, 255, (16, 12, 3))
        frames.append(frame)
    return frames, wall


@pytest.mark.parametrize("method", list(PlateMethod))
def test_a_passer_by_leaves_no_trace(method):
    clip = scene(height=90, width=160, count=15, shadow=1.0, drift=0.0, noise=1.0)
    found = estimate_plate(clip.frames, method)
    # The plate of the scene is 5 % brighter.
    assert np.abs(found.rgb - clip.plate / 1.05).mean() < 2
    assert found.rgb.shape == (90, 160, 3)
    assert found.stable_share > 0.55


def test_the_mode_outlives_a_subject_that_lingers():
    frames, wall = lingering(0.55)
    mode, median = (np.abs(estimate_plate(frames, m).rgb.astype(int) - wall).mean() for m in PlateMethod)
    assert mode < 4
    assert mode < 0.5 * median


@given(st.integers(1, 12), st.integers(1, 9), st.integers(1, 11), st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_the_plate_lies_between_the_samples_and_strips_do_not_show(count, height, width, seed):
    rng = np.random.default_rng(seed)
    frames = list(rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8))
    whole = estimate_plate(frames).rgb
    assert (whole >= np.min(frames, axis=0)).all()
    assert (whole <= np.max(frames, axis=0)).all()
    budget = plates._SAMPLES
    try:
        plates._SAMPLES = 1
        assert (estimate_plate(frames).rgb == whole).all()
    finally:
        plates._SAMPLES = budget


@given(st.integers(1, 9), st.integers(0, 255))
@settings(max_examples=10, deadline=None)
def test_a_still_clip_is_its_own_plate(count, level):
    frame = np.full((5, 7, 3), level, np.uint8)
    for method in PlateMethod:
        assert (estimate_plate([frame] * count, method).rgb == frame).all()


def test_frames_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="differ in size"):
        estimate_plate([np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)])
    with pytest.raises(ValueError, match="at least one frame"):
        estimate_plate([])
