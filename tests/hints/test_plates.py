"""Plates that are clips, and plates made from the clip."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.plate_scene import backdrop
from vmatte.core.errors import HintError
from vmatte.hints.plates import PlateClip, read_plates
from vmatte.hints.read import Plate
from vmatte.io.open import clip_at

SIZE = (160, 96)


def written(folder: Path, pictures: list[np.ndarray]) -> Path:
    folder.mkdir()
    for index, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{index:04d}.png"), picture[..., ::-1])
    return folder


def wall(shift: int = 0, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """A part of a wider wall."""
    picture = backdrop(SIZE[1], SIZE[0] + 60)[:, shift : shift + SIZE[0]] * 255
    return np.clip(picture + np.random.default_rng(seed).normal(0, noise, picture.shape), 0, 255).astype(np.uint8)


@pytest.fixture
def facts(tmp_path):
    return clip_at(written(tmp_path / "clip", [wall()] * 2))


def test_as_many_plates_as_frames_serve_one_by_one(facts, tmp_path):
    pictures = [wall(shift) for shift in (0, 8, 16, 24)]
    plate, told = read_plates(written(tmp_path / "plates", pictures), facts, 4)
    assert isinstance(plate, PlateClip)
    assert "a frame for each" in told
    assert list(plate.indices) == [0, 1, 2, 3]
    for index in (0, 1, 1, 3, 2):
        found = plate.at(index)
        assert found is not None
        assert np.array_equal(found, pictures[index])
    assert plate.at(4) is None
    plate.close()


def test_a_plate_clip_from_a_tripod_makes_one_clean_plate(facts, tmp_path):
    plate, told = read_plates(written(tmp_path / "plates", [wall(0, 4.0, seed) for seed in range(9)]), facts, 50)
    assert isinstance(plate, Plate)
    assert "made from 9 frames" in told
    assert np.abs(plate.rgb.astype(float) - wall()).mean() < 0.6 * np.abs(wall(0, 4.0).astype(float) - wall()).mean()


def test_a_short_plate_clip_that_moves_is_refused(facts, tmp_path):
    folder = written(tmp_path / "plates", [wall(6 * step) for step in range(9)])
    with pytest.raises(HintError, match="9 frames for the clip's 50, and its camera moves"):
        read_plates(folder, facts, 50)
    plate, told = read_plates(folder, facts, 5)
    assert isinstance(plate, PlateClip)
    assert "first 5 frames" in told


def test_a_picture_is_a_plate_as_ever_and_other_sizes_are_refused(facts, tmp_path):
    cv2.imwrite(str(tmp_path / "empty.png"), wall()[..., ::-1])
    plate, told = read_plates(tmp_path / "empty.png", facts, 9)
    assert told == ""
    assert isinstance(plate, Plate)
    assert np.array_equal(plate.rgb, wall())
    with pytest.raises(HintError, match="80x96, the clip is displayed at 160x96"):
        read_plates(written(tmp_path / "small", [wall()[:, :80]] * 2), facts, 2)
    with pytest.raises(HintError, match=r"plate .*no such file"):
        read_plates(tmp_path / "nowhere.mp4", facts, 2)
