from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plate_scene import backdrop
from vmatte.ops.light import fit_light, match_light


@given(st.floats(0.75, 1.3), st.floats(-0.05, 0.05), st.integers(0, 3))
@settings(max_examples=8, deadline=None)
def test_exposure_is_recovered_though_a_subject_hides_a_third(gain, offset, seed):
    plate = backdrop(90, 160, seed) * np.float32(0.6) + np.float32(0.15)
    frame = (plate * gain + offset).astype(np.float32)
    frame[:, 50:104] = np.random.default_rng(seed).random((90, 54, 3))
    found_gain, found_offset = fit_light(plate, frame)
    assert np.abs(plate * found_gain + found_offset - (plate * gain + offset)).mean() < 0.01


def test_a_lamp_that_lights_one_side_is_followed():
    plate = backdrop(180, 320, 2) * np.float32(0.7)
    lamp = np.linspace(0.85, 1.15, 320, dtype=np.float32)[None, :, None]
    frame = plate * lamp
    everything = np.ones((180, 320), np.float32)
    left = np.abs(match_light(plate, frame, everything) - frame).mean()
    assert left < 0.3 * np.abs(plate - frame).mean()


def test_a_subject_does_not_bend_the_light_around_it():
    plate = backdrop(180, 320, 2) * np.float32(0.7)
    frame = plate.copy()
    frame[40:160, 100:180] += 0.06  # too little to be noticed as something else
    background = np.ones((180, 320), np.float32)
    background[40:160, 100:180] = 0
    beside = np.abs(match_light(plate, frame, background) - plate)[40:160, 182:200]
    assert beside.mean() < 0.005


def test_flat_and_black_pictures_give_finite_light():
    for level in (0.0, 0.5, 1.0):
        flat = np.full((31, 47, 3), level, np.float32)
        for background in (None, np.zeros((31, 47), np.float32)):
            matched = match_light(flat, flat, background)
            assert np.isfinite(matched).all()
            assert np.abs(matched - flat).max() < 0.02
