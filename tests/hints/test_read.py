"""Masks and plates from files."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from vmatte.core.errors import HintError
from vmatte.core.types import Clip
from vmatte.hints.read import mask_image, read_masks, read_plate, sidecar, stem

CLIP = Clip(Path("clip.mp4"), 8, 6, Fraction(24), Fraction(1, 24))


def image(path: Path, value=255, shape=(6, 8), dtype=np.uint8) -> str:
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), np.full(shape, value, dtype))
    return str(path)


def test_a_bare_file_is_for_the_first_frame_of_the_run(tmp_path):
    masks = read_masks([image(tmp_path / "m.png")], CLIP, 5, 10)
    assert masks.indices == [5]
    found = masks.at(5)
    assert found is not None
    assert found.shape == (6, 8)
    assert masks.at(6) is None


def test_numbers_name_frames(tmp_path):
    first, late = image(tmp_path / "a.png"), image(tmp_path / "b.png")
    assert read_masks([first, f"7={late}"], CLIP, 0, 10).indices == [0, 7]


def test_a_folder_is_numbered_by_frame(tmp_path):
    image(tmp_path / "masks/000003.png")
    image(tmp_path / "masks/000012.png")
    assert read_masks([str(tmp_path / "masks")], CLIP, 0, 20).indices == [3, 12]
    assert read_masks([str(tmp_path / "masks")], CLIP, 10, 20).indices == [12]


def test_a_sequence_counts_from_its_own_first_number(tmp_path):
    shot = Clip(Path("shot"), 8, 6, Fraction(24), Fraction(1, 24), is_sequence=True, first_number=1001)
    image(tmp_path / "masks/1004.png")
    assert read_masks([str(tmp_path / "masks")], shot, 0, 20).indices == [3]


def test_sixteen_bits_and_alpha_and_colour_are_understood(tmp_path):
    deep = image(tmp_path / "deep.png", 65535, dtype=np.uint16)
    assert mask_image(Path(deep)).max() == 255
    cut = np.zeros((6, 8, 4), np.uint8)
    cut[2:4, 2:4, 3] = 255
    cv2.imwrite(str(tmp_path / "cut.png"), cut)
    assert mask_image(tmp_path / "cut.png").sum() == 4 * 255
    red = np.zeros((6, 8, 3), np.uint8)
    red[..., 2] = 255
    cv2.imwrite(str(tmp_path / "red.png"), red)
    assert mask_image(tmp_path / "red.png").min() == 255


@pytest.mark.parametrize(
    ("value", "shape", "said"), [(255, (8, 6), "turned"), (255, (12, 16), "same size"), (0, (6, 8), "empty")]
)
def test_a_mask_must_fit(tmp_path, value, shape, said):
    with pytest.raises(HintError, match=said):
        read_masks([image(tmp_path / "m.png", value, shape)], CLIP, 0, 10)


def test_a_mask_outside_the_run_is_said(tmp_path):
    with pytest.raises(HintError, match=r"frames 0 to 9.*frame 12"):
        read_masks([f"12={image(tmp_path / 'm.png')}"], CLIP, 0, 10)


def test_a_mask_without_a_number_is_said(tmp_path):
    image(tmp_path / "masks/subject.png")
    with pytest.raises(HintError, match="no number"):
        read_masks([str(tmp_path / "masks")], CLIP, 0, 10)


def test_a_plate_serves_every_frame_in_rgb(tmp_path):
    blue = np.zeros((6, 8, 3), np.uint8)
    blue[..., 0] = 200
    cv2.imwrite(str(tmp_path / "p.png"), blue)
    plate = read_plate(tmp_path / "p.png", CLIP)
    assert plate.indices is None
    assert plate.at(99)[0, 0].tolist() == [0, 0, 200]


def test_sidecars(tmp_path):
    image(tmp_path / "walk.mask.png")
    assert sidecar(tmp_path / "walk.mp4", "mask") == tmp_path / "walk.mask.png"
    assert sidecar(tmp_path / "walk.mp4", "plate") is None


@pytest.mark.parametrize(
    ("clip", "name"),
    [("a/walk.v2.mp4", "walk.v2"), ("a/shot_%04d.png", "shot"), ("a/shot.*.exr", "shot"), ("a/%06d.png", "a")],
)
def test_stems(clip, name):
    assert stem(Path(clip)) == name
