from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plate_scene import scene
from vmatte.ops.difference import difference, hard_mask
from vmatte.ops.light import match_light


def masks(clip, shadow: bool = True) -> list[np.ndarray]:
    plate = clip.plate / np.float32(255)
    found = []
    for frame in clip.frames:
        unit = frame / np.float32(255)
        found.append(hard_mask(difference(unit, match_light(plate, unit), shadow=shadow).distance))
    return found


def error(found, clip) -> float:
    return float(np.mean([np.abs(mask - alpha).mean() for mask, alpha in zip(found, clip.alphas, strict=True)]))


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_subject_is_found_and_its_shadow_is_not(seed, flat):
    clip = scene(height=240, width=426, count=2, seed=seed, flat=flat)
    with_model, without = error(masks(clip), clip), error(masks(clip, shadow=False), clip)
    assert with_model < 0.010
    assert without > 1.5 * with_model


def test_an_expected_background_carries_the_shadow():
    clip = scene(count=1, seed=3, plate_gain=1.0, drift=0.0)
    frame, plate = (picture.astype(np.float32) / np.float32(255) for picture in (clip.frames[0], clip.plate))
    found = difference(frame, plate)
    shade = (found.shadow > 0.5) & (clip.alphas[0] == 0) & (frame.mean(2) < 0.9 * plate.mean(2))
    assert shade.sum() > 200
    explained = np.abs(found.background - frame)[shade].mean()
    assert explained < 0.3 * np.abs(plate - frame)[shade].mean()


@pytest.mark.parametrize("gain", [0.95, 1.05])
def test_a_plate_of_another_exposure_makes_no_subject(gain):
    clip = scene(count=2, absent=2, plate_gain=gain)
    assert sum(int(mask.sum()) for mask in masks(clip)) == 0


@given(st.integers(9, 60), st.integers(9, 60), st.integers(0, 255), st.integers(0, 255))
@settings(max_examples=15, deadline=None)
def test_flat_pictures_of_any_size_give_finite_numbers(height, width, level, other):
    frame = np.full((height, width, 3), level / 255, np.float32)
    plate = np.full((height, width, 3), other / 255, np.float32)
    found = difference(frame, plate)
    for part in (found.distance, found.background, found.shadow):
        assert np.isfinite(part).all()
        assert part.min() >= 0
    assert found.shadow.max() <= 1
    assert hard_mask(found.distance).shape == (height, width)


def test_noise_alone_is_no_subject():
    rng = np.random.default_rng(0)
    plate = np.full((180, 320, 3), 0.5, np.float32)
    frame = plate + rng.normal(0, 4 / 255, plate.shape).astype(np.float32)
    assert not hard_mask(difference(frame, plate).distance).any()
