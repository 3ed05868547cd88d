"""Image sequences: which files, in which order, at which time, with which colours."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.clips import number_in, numbered
from tests.io.conftest import images, ramp, write_exr
from vmatte.core.errors import InputError
from vmatte.core.types import Source
from vmatte.io.images import write_png
from vmatte.io.open import clip_at, open_source
from vmatte.io.options import InputOptions
from vmatte.io.sequence import SequenceSource, is_pattern, members
from vmatte.io.video import VideoSource


def _numbers(path, options=None):
    return [number_in(frame.rgb) for frame in open_source(path, options).frames()]


def test_numbers_are_sorted_as_numbers(tmp_path):
    folder = images(tmp_path / "shot", "f%d.png", (1, 2, 3, 10, 11, 20))
    assert _numbers(folder) == list(range(6))
    assert _numbers(folder / "f%d.png") == list(range(6))
    assert _numbers(folder / "f*.png") == list(range(6))
    assert _numbers(folder / "f1?.png") == [3, 4]


def test_a_pattern_means_its_width(tmp_path):
    folder = images(tmp_path / "shot", "f%04d.png", (998, 999, 1000))
    write_png(folder / "f12.png", numbered(40))
    write_png(folder / "f12345.png", numbered(41))
    assert [member.number for member in members(folder / "f%04d.png")] == [998, 999, 1000, 12345]
    assert [member.number for member in members(folder / "f%d.png")] == [12, 1000, 12345]
    assert clip_at(folder / "f%04d.png").first_number == 998


def test_names_with_signs_of_patterns_in_them_are_files_when_they_exist(tmp_path):
    for name in ("100%.png", "a[1].png", "take %04d.png", "b,c (1).png"):
        write_png(tmp_path / name, numbered(5))
        assert not is_pattern(tmp_path / name)
        assert _numbers(tmp_path / name) == [5]


def test_gaps_are_told_and_time_goes_on(tmp_path):
    source = open_source(images(tmp_path / "shot", "f%03d.png", (3, 4, 7, 8, 10)))
    assert [(frame.index, frame.pts) for frame in source.frames()] == [(n, n) for n in range(5)]
    assert any("numbers 5-6, 9 are missing" in warning for warning in source.clip.warnings)
    assert source.clip.first_number == 3


def test_the_rate_is_the_users_or_24_and_said(tmp_path):
    folder = images(tmp_path / "shot", "f%03d.png", range(5))
    plain = clip_at(folder)
    assert (plain.rate, plain.time_base, plain.duration) == (Fraction(24), Fraction(1, 24), Fraction(5, 24))
    assert any("24 frames per second assumed" in note for note in plain.notes)
    given = open_source(folder, InputOptions(rate=Fraction(30000, 1001)))
    assert given.clip.time_base == Fraction(1001, 30000)
    assert not any("assumed" in note for note in given.clip.notes)
    assert given.span(2 * 1001 / 30000, 0.13) == (2, 4)


def test_mixed_depths_are_raised_to_the_first_ones(tmp_path):
    folder = images(tmp_path / "shot", "f%02d.png", range(3), deep=True)
    write_png(folder / "f01.png", numbered(1))
    frames = list(open_source(folder).frames())
    assert {frame.rgb.dtype for frame in frames} == {np.dtype(np.uint16)}
    assert np.array_equal(frames[1].sdr, numbered(1))


def test_alpha_belongs_to_all_frames_or_none(tmp_path):
    folder = images(tmp_path / "shot", "f%02d.png", range(3), alpha=True)
    write_png(folder / "f01.png", numbered(1))
    frames = list(open_source(folder).frames())
    assert all(frame.alpha is not None for frame in frames)
    first, second = frames[0].alpha, frames[1].alpha
    assert first is not None
    assert second is not None
    assert np.array_equal(np.round(first * 255), ramp(255))
    assert second.min() == 1.0
    write_png(folder / "f00.png", numbered(0))
    source = open_source(folder)
    assert not source.clip.has_alpha
    assert all(frame.alpha is None for frame in source.frames())


@pytest.mark.parametrize("suffix", ["jpg", "tif", "tiff", "bmp"])
def test_other_formats(tmp_path, suffix):
    for index in range(3):
        Image.fromarray(numbered(index)).save(tmp_path / f"f{index}.{suffix}")
    assert _numbers(tmp_path) == [0, 1, 2]


def test_deep_tiff_stays_deep(tmp_path):
    pixels = np.random.default_rng(3).integers(0, 65536, (48, 64, 3)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "f1.tif"), pixels[..., ::-1])
    frame = next(open_source(tmp_path).frames())
    assert np.array_equal(frame.rgb, pixels)


def test_exr_sequences(tmp_path):
    alpha = np.ones((48, 64), np.float32)
    light = ((numbered(6) / 255.0) ** 2.2).astype(np.float32)
    source = open_source(write_exr(tmp_path, light, alpha, 4))
    frames = list(source.frames())
    assert [number_in(frame.rgb) for frame in frames] == [6] * 4
    assert (source.clip.depth, source.clip.first_number, source.clip.has_alpha) == (16, 1, True)
    assert any("scene-linear" in note for note in source.clip.notes)


def test_portrait_photos_stand_up(tmp_path):
    picture = Image.fromarray(numbered(13, 64, 48).copy())
    tags = picture.getexif()
    tags[0x0112] = 6
    picture.rotate(90, expand=True).save(tmp_path / "a.jpg", exif=tags, quality=95)
    source = open_source(tmp_path / "a.jpg")
    assert (source.clip.width, source.clip.height) == (64, 48)
    assert _numbers(tmp_path / "a.jpg") == [13]


def test_stray_files_do_not_disturb(tmp_path):
    folder = images(tmp_path / "shot", "f%02d.png", range(3))
    (folder / ".hidden.png").write_bytes(b"x")
    (folder / "readme.txt").write_text("x")
    assert _numbers(folder) == [0, 1, 2]


def test_one_door_for_all(tmp_path):
    write_png(tmp_path / "a.png", numbered(1))
    pictures = [Image.fromarray(numbered(index)) for index in range(3)]
    pictures[0].save(tmp_path / "moving.png", save_all=True, append_images=pictures[1:], duration=40)
    pictures[0].save(tmp_path / "moving.gif", save_all=True, append_images=pictures[1:], duration=40)
    assert isinstance(open_source(tmp_path / "a.png"), SequenceSource)
    for name in ("moving.png", "moving.gif"):
        source: Source = open_source(tmp_path / name)
        assert isinstance(source, VideoSource)
        assert [number_in(frame.rgb) for frame in source.frames()] == [0, 1, 2]
    pictures[0].save(tmp_path / "moving.webp", save_all=True, append_images=pictures[1:])
    with pytest.raises(InputError, match="animated WebP"):
        open_source(tmp_path / "moving.webp")


def test_a_folder_of_videos_with_a_picture_beside_them_is_no_sequence(tmp_path):
    (tmp_path / "a.mp4").touch()
    for names in ((), ("empty.png",)):
        for name in names:
            cv2.imwrite(str(tmp_path / name), np.zeros((16, 16, 3), np.uint8))
        with pytest.raises(InputError, match="vmatte batch"):
            open_source(tmp_path)
    for name in ("f_1.png", "f_2.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((16, 16, 3), np.uint8))
    (tmp_path / "empty.png").unlink()
    assert open_source(tmp_path).clip.frames == 2
