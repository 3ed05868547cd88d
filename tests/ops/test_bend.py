from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.plate_scene import backdrop, figure
from vmatte.ops.align import relief, warp_plate
from vmatte.ops.bend import bend
from vmatte.ops.warp import warp


def wavy(height: int, width: int, reach: float) -> np.ndarray:
    """A smooth parallax."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    across = reach * np.sin(2 * np.pi * x / (0.8 * width)) * np.cos(np.pi * y / height)
    return np.dstack([across, 0.3 * reach * np.sin(2 * np.pi * y / height)]).astype(np.float32)


@pytest.mark.parametrize("size", [(180, 320), (97, 161), (300, 240)])
def test_a_smooth_parallax_is_found_behind_a_subject_too(size):
    height, width = size
    rng = np.random.default_rng(3)
    wall = (backdrop(height, width, 1) * 255).astype(np.uint8)
    truth = wavy(height, width, 3.0)
    empty = warp(wall, truth)
    person = figure(height, width, 0.45 * width, 1.0)
    cloth = cv2.resize(rng.integers(0, 255, (20, 30, 3), dtype=np.uint8), (width, height))
    frame = np.where(person[..., None] > 0.5, cloth, empty)
    frame = np.clip(frame * 0.9 + rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8)
    found = bend(relief(wall), relief(frame))
    off = np.linalg.norm(found - truth, axis=2)[12:-12, 12:-12]
    usual = np.linalg.norm(truth, axis=2)[12:-12, 12:-12]
    hidden = person[12:-12, 12:-12] > 0.5
    assert np.median(off[~hidden]) < 0.35
    assert off[~hidden].mean() < 0.25 * usual[~hidden].mean()
    assert off[hidden].mean() < 0.7 * usual[hidden].mean()


def test_a_subject_alone_bends_nothing():
    wall = (backdrop(180, 320, 2) * 255).astype(np.uint8)
    person = figure(180, 320, 150, 0.5)
    cloth = cv2.resize(np.random.default_rng(1).integers(0, 255, (20, 30, 3), dtype=np.uint8), (320, 180))
    frame = np.where(person[..., None] > 0.5, cloth, wall)
    found = np.linalg.norm(bend(relief(wall), relief(frame)), axis=2)
    assert found.mean() < 0.15
    assert found.max() < 1.0


def test_a_featureless_wall_stays_as_it_is():
    wall = np.full((61, 97), 128, np.uint8)
    assert not bend(wall, wall).any()


def test_a_bent_plate_says_where_it_has_pixels():
    plate = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    moved, known = warp_plate(plate, np.eye(3), np.full((90, 120, 2), (10, 0), np.float32))
    assert np.array_equal(moved[:, :105], plate[:, 10:115])
    assert known[:, 5:100].all()
    assert not known[:, 112:].any()
