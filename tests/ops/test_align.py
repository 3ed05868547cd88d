from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plate_scene import scene
from vmatte.ops.align import landmarks, locate, motion, relief, warp_plate

SIZE = (320, 180)


def turned(angle: float, scale: float, x: float, y: float, tilt: float) -> np.ndarray:
    radians = np.deg2rad(angle)
    cos, sin = scale * np.cos(radians), scale * np.sin(radians)
    return np.array([[cos, -sin, x], [sin, cos, y], [tilt, -tilt, 1]])


def warped(frame: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return np.asarray(
        cv2.warpPerspective(frame, matrix, SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def worst(matrix: np.ndarray, truth: np.ndarray) -> float:
    """Greatest distance over a grid of the picture."""
    grid = np.stack(np.meshgrid(np.linspace(0, 319, 7), np.linspace(0, 179, 5)), -1).reshape(1, -1, 2)
    apart = cv2.perspectiveTransform(grid, matrix) - cv2.perspectiveTransform(grid, truth)
    return float(np.linalg.norm(apart, axis=2).max())


@given(
    st.floats(-4, 4), st.floats(0.93, 1.07), st.floats(-30, 30), st.floats(-18, 18), st.floats(-1e-4, 1e-4),
    st.integers(0, 2),
)  # fmt: skip
@settings(max_examples=8, deadline=None)
def test_a_known_homography_is_recovered_behind_a_subject(angle, scale, x, y, tilt, seed):
    clip = scene(count=2, seed=seed)
    truth = turned(angle, scale, x, y, tilt)
    frame = warped(clip.frames[1], truth)
    found = locate(landmarks(clip.plate), relief(frame))
    assert found.found
    assert worst(found.matrix, truth) < 0.6
    assert found.residual < 0.25


def test_the_last_place_is_a_good_start():
    clip = scene(count=1, seed=1)
    truth, before = turned(1, 1.01, 12, -6, 2e-5), turned(0.5, 1, 7, -2, 0)
    frame = warped(clip.frames[0], truth)
    assert worst(locate(landmarks(clip.plate), relief(frame), before).matrix, truth) < 0.5


def test_a_shift_is_measured_before_and_after():
    clip = scene(count=1, seed=2)
    truth = turned(0, 1, 3, 4, 0)
    frame = warped(clip.frames[0], truth)
    marks, seen = landmarks(clip.plate), relief(frame)
    found = locate(marks, seen)
    assert found.shift == pytest.approx(5, abs=0.1)
    assert motion(marks, seen, np.eye(3)) == pytest.approx(5, abs=0.3)
    assert motion(marks, seen, found.matrix) < 0.15


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_scene_is_not_found(seed):
    assert not locate(landmarks(scene(count=1, seed=0).plate), relief(scene(count=1, seed=seed).frames[0])).found


def test_a_featureless_wall_has_no_place():
    wall = np.full((61, 97, 3), 128, np.uint8)
    marks = landmarks(wall)
    assert not locate(marks, relief(wall)).found
    assert motion(marks, relief(wall), np.eye(3)) == float("inf")


def test_a_warped_plate_says_where_it_has_pixels():
    plate = np.full((90, 120, 3), 0.5, np.float32)
    moved, known = warp_plate(plate, turned(0, 1, 20, 0, 0))
    assert not known[:, :20].any()
    assert known[10:80, 25:115].all()
    assert np.abs(moved - 0.5).max() < 1e-3
