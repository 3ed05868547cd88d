from __future__ import annotations

import numpy as np
import pytest

from tests.plate_scene import backdrop, scene
from vmatte.ops.camera import CameraScore, fixed_camera


def test_a_walking_subject_and_drifting_light_do_not_move_the_camera():
    score = fixed_camera(scene(count=9, drift=0.04).frames)
    assert score.fixed
    assert score.stable_share > 0.7
    assert score.border_flow < 1.5


def test_a_pan_is_seen_by_both_scores():
    wall = (backdrop(180, 480) * 255).astype(np.uint8)
    score = fixed_camera([np.ascontiguousarray(wall[:, 12 * i : 12 * i + 320]) for i in range(9)])
    assert not score.fixed
    assert score.stable_share < 0.55
    assert score.border_flow > 3


def test_a_drift_too_slow_to_upset_the_pixels_is_seen_at_the_border():
    # A soft wall: 6 px over the clip hardly changes any pixel.
    wall = np.repeat(np.linspace(60, 120, 480)[None], 180, 0)
    wall = wall + 20 * np.sin(np.arange(480) / 25) + 6 * np.sin(np.arange(180) / 9)[:, None]
    wall = np.repeat(wall[..., None], 3, 2)
    frames = [np.ascontiguousarray(wall[:, i : i + 320]).astype(np.uint8) for i in range(0, 12, 1)]
    score = fixed_camera(frames)
    assert score.stable_share > 0.55
    assert not score.fixed


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_frames_prove_nothing(count):
    assert not fixed_camera([np.zeros((40, 60, 3), np.uint8)] * count).fixed


def test_flat_frames_score_finite_numbers():
    assert fixed_camera([np.full((45, 81, 3), 7, np.uint8)] * 4) == CameraScore(1.0, 0.0)
