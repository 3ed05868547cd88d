"""Mattes come back code for code from everything that can carry one exactly."""

import cv2
import numpy as np
import pytest

from tests.clips import Recipe, write_clip
from vmatte.core.errors import InputError
from vmatte.io.alpha import AlphaClip, walk

FULL = {"color_range": 2}
CODES = np.arange(256, dtype=np.uint8).reshape(16, 16).repeat(4, 0).repeat(4, 1)


def mattes(count=3):
    return [np.roll(CODES, 5 * index, axis=1) for index in range(count)]


def grey(codes):
    return [np.repeat(each[..., None], 3, axis=2) for each in codes]


def read(path, wanted=(0, 1, 2)):
    clip = AlphaClip(path)
    return [np.rint(each.alpha * 255).astype(np.uint8) for each in clip.mattes(wanted)], clip


@pytest.mark.parametrize("pix_fmt", ["gray", "gray16le"])
@pytest.mark.parametrize("tags", [FULL, {}])
def test_grey_masters(tmp_path, pix_fmt, tags):
    recipe = Recipe(codec="ffv1", pix_fmt=pix_fmt, full=True, tags=tags)
    found, clip = read(write_clip(tmp_path / "a.mkv", grey(mattes()), recipe))
    assert np.array_equal(found, mattes())
    assert not clip.coloured


@pytest.mark.parametrize(
    ("name", "recipe", "top"),
    [
        (
            "a.mov",
            Recipe(codec="prores_ks", pix_fmt="yuva444p10le", options={"profile": "4444", "alpha_bits": "16"}),
            1023,
        ),
        ("a.webm", Recipe(codec="libvpx-vp9", pix_fmt="yuva420p", options={"lossless": "1"}), 255),
    ],
)
def test_alpha_planes(tmp_path, name, recipe, top):
    planes = [np.rint(each / 255 * top).astype(np.uint8 if top == 255 else np.uint16) for each in mattes()]
    colours = [np.full((64, 64, 3), 90, np.uint8)] * 3
    found, clip = read(write_clip(tmp_path / name, colours, recipe, planes))
    assert np.array_equal(found, mattes())
    assert clip.coloured
    assert clip.warnings == []


def test_png_with_alpha_and_a_part_of_it(tmp_path):
    for index, codes in enumerate(mattes()):
        cv2.imwrite(str(tmp_path / f"{index:03d}.png"), np.dstack([*[codes // 2] * 3, codes]))
    found, clip = read(tmp_path, (0, 2))
    assert np.array_equal(found, [mattes()[0], mattes()[2]])
    assert clip.source.numbers() == (0, 1, 2)


def test_lossy_grey_in_limited_range(tmp_path):
    recipe = Recipe(options={"crf": "8"})
    smooth = [cv2.GaussianBlur(each, (0, 0), 4) for each in mattes()]
    found, _ = read(write_clip(tmp_path / "a.mp4", grey(smooth), recipe))
    assert np.abs(np.subtract(found, smooth, dtype=np.float32)).max() <= 6


def test_colours_are_no_matte(tmp_path):
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 200
    path = write_clip(tmp_path / "a.mp4", [red] * 3)
    with pytest.raises(InputError, match="frame 0 is coloured and the file has no alpha"):
        read(path)


def test_solid_alpha_is_said(tmp_path):
    cv2.imwrite(str(tmp_path / "0.png"), np.dstack([CODES, CODES, CODES, np.full_like(CODES, 255)]))
    _, clip = read(tmp_path, (0,))
    assert "solid throughout" in clip.warnings[0]


def test_a_frame_that_is_not_there(tmp_path):
    recipe = Recipe(codec="ffv1", pix_fmt="gray", full=True, tags=FULL)
    source = AlphaClip(write_clip(tmp_path / "a.mkv", grey(mattes()), recipe)).source
    with pytest.raises(InputError, match="frame 3 cannot be read"):
        list(walk(source, (1, 3)))
    assert list(walk(source, ())) == []
