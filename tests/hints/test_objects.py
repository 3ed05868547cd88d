"""Several objects: by name, as several masks, as label images."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from vmatte.core.errors import HintError
from vmatte.core.types import Clip
from vmatte.hints.doubts import doubts
from vmatte.hints.read import read_objects

CLIP = Clip(Path("clip.mp4"), 8, 6, Fraction(24), Fraction(1, 24))


def painted(path: Path, boxes, shape=(6, 8), dtype=np.uint8) -> str:
    """An image with these values in (top, bottom) rows."""
    path.parent.mkdir(exist_ok=True)
    image = np.zeros(shape, dtype)
    for (top, bottom), value in boxes.items():
        image[top:bottom] = value
    assert cv2.imwrite(str(path), image)
    return str(path)


def rows_of(mask) -> list[int]:
    return [int(row) for row in np.flatnonzero((mask > 127).all(axis=1))]


def test_one_mask_is_no_object(tmp_path):
    one, objects = read_objects([painted(tmp_path / "m.png", {(1, 3): 255})], [], CLIP, 0, 10)
    assert objects == {}
    assert rows_of(one.at(0)) == [1, 2]


def test_objects_have_names_and_masks_on_several_frames(tmp_path):
    anna, later = painted(tmp_path / "a.png", {(0, 2): 255}), painted(tmp_path / "b.png", {(1, 3): 255})
    ben = painted(tmp_path / "c.png", {(4, 6): 255})
    union, objects = read_objects([], [f"anna={anna}", f"anna=5={later}", f"ben=2={ben}"], CLIP, 0, 10)
    assert {name: masks.indices for name, masks in objects.items()} == {"anna": [0, 5], "ben": [2]}
    assert union.indices == [0, 2, 5]
    assert rows_of(union.at(2)) == [4, 5]
    assert union.at(3) is None


def test_several_masks_of_the_first_frame_are_several_objects(tmp_path):
    files = [painted(tmp_path / f"{name}.png", {(0, 2): 255}) for name in ("clip.anna", "ben")]
    _, objects = read_objects(files, [], CLIP, 3, 10)
    assert {name: masks.indices for name, masks in objects.items()} == {"anna": [3], "ben": [3]}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_gray_labels(tmp_path, dtype):
    labels = painted(tmp_path / "m.png", {(0, 2): 1, (3, 5): 2}, dtype=dtype)
    union, objects = read_objects([labels], [], CLIP, 0, 10)
    assert {name: rows_of(masks.at(0)) for name, masks in objects.items()} == {"object1": [0, 1], "object2": [3, 4]}
    assert rows_of(union.at(0)) == [0, 1, 3, 4]


def test_colours_of_the_voc_map_are_its_numbers(tmp_path):
    # OpenCV writes blue, green, red.
    labels = painted(tmp_path / "m.png", {(0, 1): (0, 0, 128), (1, 2): (0, 128, 0), (2, 3): (0, 0, 64)}, (6, 8, 3))
    _, objects = read_objects([labels], [], CLIP, 0, 10)
    assert {name: rows_of(masks.at(0)) for name, masks in objects.items()} == {
        "object1": [0], "object2": [1], "object8": [2],
    }  # fmt: skip


def test_a_palette_gives_labels_their_colours_only(tmp_path):
    numbers = np.zeros((6, 8), np.uint8)
    numbers[0:2], numbers[3:5] = 1, 2
    image = PIL.Image.fromarray(numbers, "P")
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    image.save(tmp_path / "m.png")
    later = painted(tmp_path / "later.png", {(0, 2): 1, (3, 5): 2})
    _, objects = read_objects([str(tmp_path / "m.png"), f"6={later}"], [], CLIP, 0, 10)
    assert {name: (masks.indices, rows_of(masks.at(0))) for name, masks in objects.items()} == {
        "object1": ([0, 6], [0, 1]), "object2": ([0, 6], [3, 4]),
    }  # fmt: skip


def test_a_palette_of_grays_is_a_picture(tmp_path):
    image = PIL.Image.fromarray(np.array([[0, 1, 2, 3]] * 6, np.uint8).repeat(2, 1), "P")
    image.putpalette([0, 0, 0, 90, 90, 90, 180, 180, 180, 255, 255, 255])
    image.save(tmp_path / "m.png")
    one, objects = read_objects([str(tmp_path / "m.png")], [], CLIP, 0, 10)
    assert objects == {}
    assert sorted(set(np.asarray(one.at(0)).ravel().tolist())) == [0, 90, 180, 255]


def test_an_object_may_be_missing_from_some_label_images(tmp_path):
    painted(tmp_path / "masks/0000.png", {(0, 2): (0, 0, 128), (3, 4): (0, 128, 0)}, (6, 8, 3))
    painted(tmp_path / "masks/0004.png", {(0, 2): (0, 0, 128)}, (6, 8, 3))
    _, objects = read_objects([str(tmp_path / "masks")], [], CLIP, 0, 10)
    assert {name: masks.indices for name, masks in objects.items()} == {"object1": [0, 4], "object2": [0]}


def test_a_mask_of_zeros_and_ones_is_one_subject(tmp_path):
    one, objects = read_objects([painted(tmp_path / "m.png", {(1, 3): 1})], [], CLIP, 0, 10)
    assert objects == {}
    assert rows_of(one.at(0)) == [1, 2]


def test_one_colour_is_a_mask_painted_in_colour(tmp_path):
    one, objects = read_objects([painted(tmp_path / "m.png", {(1, 3): (0, 0, 200)}, (6, 8, 3))], [], CLIP, 0, 10)
    assert objects == {}
    assert rows_of(one.at(0)) == [1, 2]


def test_spread_out_labels_are_doubted_and_soft_masks_are_not(tmp_path):
    clip = Clip(Path("clip.mp4"), 60, 60, Fraction(24), Fraction(1, 24))
    boxes = {(0, 15): 85, (15, 30): 170, (30, 45): 255}
    for shape in ((60, 60), (60, 60, 3)):
        one, objects = read_objects([painted(tmp_path / "m.png", boxes, shape)], [], clip, 0, 10)
        assert objects == {}
        (said,) = doubts(one, objects)
        assert "85, 170, 255" in said
        assert "--object NAME=MASK" in said
    for kernel in (2, 3):
        soft = cv2.blur(np.pad(np.full((30, 30), 255, np.uint8), 15), (kernel, kernel))
        assert cv2.imwrite(str(tmp_path / "soft.png"), soft)
        assert doubts(*read_objects([str(tmp_path / "soft.png")], [], clip, 0, 10)) == []
    labels = painted(tmp_path / "labels.png", {(0, 15): 1, (15, 30): 2}, (60, 60))
    assert doubts(*read_objects([labels], [], clip, 0, 10)) == []


def test_a_mask_of_the_whole_frame_is_doubted(tmp_path):
    (said,) = doubts(*read_objects([painted(tmp_path / "m.png", {(0, 6): 255})], [], CLIP, 0, 10))
    assert "no background" in said
    assert doubts(*read_objects([painted(tmp_path / "m.png", {(0, 5): 255})], [], CLIP, 0, 10)) == []


@pytest.mark.parametrize(("bottom", "overlap"), [(3, False), (4, False), (6, True)])
def test_objects_that_share_more_than_an_edge_are_told_of(tmp_path, bottom, overlap):
    clip = replace(CLIP, height=7)
    upper = painted(tmp_path / "a.png", {(0, bottom): 255}, (7, 8))
    lower = painted(tmp_path / "b.png", {(3, 6): 255}, (7, 8))
    said = doubts(*read_objects([], [f"anna={upper}", f"ben={lower}"], clip, 0, 10))
    assert len(said) == overlap
    assert all("anna and ben overlap on frame 0" in text for text in said)


@pytest.mark.parametrize(
    ("masks", "objects", "said"),
    [
        (["m.png"], ["anna=m.png"], "both given"),
        ([], ["anna"], "NAME=MASK"),
        ([], ["a/b=m.png"], "NAME=MASK"),
        (["m.png", "m.png"], [], "twice"),
        (["2=m.png", "2=n.png"], [], "--object"),
        (["-1=m.png"], [], "'-1' is no frame number"),
        ([], ["a=m.png", "a=n.png"], "object a: two masks"),
        ([], ["a=labels.png"], "object a: .*labels.png shows 2 objects: give a label image with --mask"),
    ],
)
def test_what_cannot_be_meant_is_said(tmp_path, monkeypatch, masks, objects, said):
    monkeypatch.chdir(tmp_path)
    for name in ("m.png", "n.png"):
        painted(tmp_path / name, {(1, 3): 255})
    painted(tmp_path / "labels.png", {(1, 3): 1, (3, 5): 2})
    with pytest.raises(HintError, match=said):
        read_objects(masks, objects, CLIP, 0, 10)
