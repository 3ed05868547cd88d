"""Pictures come as displayed: turned, mirrored, of any size, with the right pixel shape."""

from fractions import Fraction

import numpy as np
import pytest

from tests.clips import Recipe, numbered, write_clip
from vmatte.io.orientation import Turn, from_display_matrix, from_exif
from vmatte.io.probe import probe
from vmatte.io.video import VideoSource

LOSSLESS = {"qp": "0"}


def _subject():
    """A bright square in the upper left quarter of a wide dark picture."""
    picture = np.full((48, 80, 3), 40, np.uint8)
    picture[8:20, 12:32] = 200
    return picture


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_mask_drawn_on_the_displayed_picture_lands_on_the_subject(tmp_path, degrees):
    path = write_clip(tmp_path / "a.mp4", [_subject()], Recipe(rotation=degrees, options=LOSSLESS))
    source = VideoSource(path)
    shown = np.rot90(_subject(), degrees // 90)
    mask = shown[..., 0] > 128
    frame = next(source.frames())
    assert (source.clip.width, source.clip.height) == (shown.shape[1], shown.shape[0])
    assert source.clip.rotation == degrees
    assert np.array_equal(frame.rgb[..., 1] > 128, mask)
    assert frame.rgb.flags.c_contiguous


@pytest.mark.parametrize(
    ("degrees", "hflip", "vflip"),
    [(0, True, False), (0, False, True), (90, True, False), (90, False, True), (180, True, False), (270, False, True)],
)
def test_mirrored_files_are_mirrored_back(tmp_path, degrees, hflip, vflip):
    recipe = Recipe(rotation=degrees, hflip=hflip, vflip=vflip, options=LOSSLESS)
    frame = next(VideoSource(write_clip(tmp_path / "a.mp4", [_subject()], recipe)).frames())
    shown = np.rot90(_subject(), degrees // 90)
    shown = shown[:, ::-1] if hflip else shown
    shown = shown[::-1] if vflip else shown
    assert np.array_equal(frame.rgb[..., 1] > 128, shown[..., 1] > 128)


@pytest.mark.parametrize(("rotation", "shown"), [(0, Fraction(4, 3)), (90, Fraction(3, 4)), (180, Fraction(4, 3))])
def test_pixel_shape_turns_with_the_picture(tmp_path, rotation, shown):
    path = write_clip(tmp_path / "a.mp4", [_subject()], Recipe(rotation=rotation, aspect=Fraction(4, 3)))
    assert probe(path).sample_aspect == shown


@pytest.mark.parametrize("size", [(61, 47), (33, 2), (2, 33), (1, 1), (1281, 3)])
def test_odd_sizes_are_kept(tmp_path, size):
    width, height = size
    picture = numbered(5, width, height)
    path = write_clip(tmp_path / "a.mkv", [picture] * 2, Recipe("ffv1", "yuv420p", options={"level": "1"}))
    frame = next(VideoSource(path).frames())
    assert frame.rgb.shape == (height, width, 3)
    assert np.abs(frame.rgb.astype(int) - picture).mean() < 8


def test_alpha_is_turned_with_the_picture(tmp_path):
    alpha = np.zeros((48, 80), np.uint16)
    alpha[8:20, 12:32] = 1023
    recipe = Recipe("prores_ks", "yuva444p10le", options={"profile": "4444", "alpha_bits": "16"}, rotation=90)
    frame = next(VideoSource(write_clip(tmp_path / "a.mov", [_subject()], recipe, [alpha])).frames())
    assert frame.alpha is not None
    assert np.array_equal(frame.alpha > 0.5, np.rot90(alpha) > 512)
    assert np.array_equal(frame.alpha > 0.5, frame.sdr[..., 1] > 128)


def test_a_slanted_display_matrix_is_taken_to_the_nearest_right_angle():
    matrix = np.array([[46341, 46341 - 9000, 0], [-46341 + 9000, 46341, 0], [0, 0, 1 << 30]], np.int32)
    turn, off = from_display_matrix(matrix.tobytes())
    assert turn == Turn()
    assert 30 < off < 45


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientations_put_the_first_row_and_column_where_they_belong(orientation):
    """CIPA DC-008: where the stored top row and left column are on the picture as seen."""
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3)
    top, left = picture[0], picture[:, 0]
    seen = from_exif(orientation)(picture)
    rows = {1: seen[0], 2: seen[0][::-1], 3: seen[-1][::-1], 4: seen[-1], 5: seen[:, 0], 6: seen[:, -1]}
    rows |= {7: seen[:, -1][::-1], 8: seen[:, 0][::-1]}
    columns = {1: seen[:, 0], 2: seen[:, -1], 3: seen[:, -1][::-1], 4: seen[:, 0][::-1], 5: seen[0], 6: seen[0][::-1]}
    columns |= {7: seen[-1][::-1], 8: seen[-1]}
    assert np.array_equal(rows[orientation], top)
    assert np.array_equal(columns[orientation], left)
