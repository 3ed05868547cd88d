"""Still images: every format at its own depth, upright, or one clear line."""

from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.clips import numbered
from tests.io.conftest import ramp, write_exr
from vmatte.core.errors import InputError, OutputError
from vmatte.io.images import exif_orientation, read_image, read_still, write_png

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [0, 3, 4])
def test_png_is_exact_in_both_directions(tmp_path, dtype, channels):
    shape = (11, 17, channels) if channels else (11, 17)
    pixels = RNG.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    write_png(tmp_path / "a.png", pixels)
    again = read_image(tmp_path / "a.png")
    assert again.dtype == dtype
    assert np.array_equal(again, pixels)
    # Another reader sees the same numbers in the same order.
    other = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    assert other is not None
    assert np.array_equal(other, pixels if channels == 0 else pixels[..., [2, 1, 0, 3][:channels]])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiff_is_exact(tmp_path, dtype, channels):
    pixels = RNG.integers(0, np.iinfo(dtype).max, (12, 20, channels), dtype, endpoint=True)
    cv2.imwrite(str(tmp_path / "a.tif"), pixels[..., [2, 1, 0, 3][:channels]] if channels > 1 else pixels)
    assert np.array_equal(read_image(tmp_path / "a.tif"), pixels if channels > 1 else pixels[..., 0])


@pytest.mark.parametrize(("suffix", "sampling"), [("jpg", 0), ("jpg", 2), ("webp", None), ("bmp", None), ("tga", None)])
def test_lossy_and_old_formats_have_the_right_colours(tmp_path, suffix, sampling):
    path, picture = tmp_path / f"a.{suffix}", numbered(21, 96, 64)
    options: dict[str, Any] = {"quality": 95} | ({"subsampling": sampling} if sampling is not None else {})
    Image.fromarray(picture).save(path, **options)
    error = np.abs(read_image(path).astype(int) - picture)
    assert error.mean() < 1.0


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA"])
def test_small_png_kinds(tmp_path, mode):
    picture = Image.fromarray(numbered(9)).convert("RGB" if mode != "L" else "L").convert(mode)
    picture.save(tmp_path / "a.png")
    pixels = read_image(tmp_path / "a.png")
    wanted = {"L": "L", "1": "L", "P": "RGB", "LA": "RGBA", "RGBA": "RGBA"}[mode]
    assert np.array_equal(pixels, np.asarray(picture.convert(wanted)))


def test_a_palette_with_a_clear_colour_has_alpha(tmp_path):
    picture = Image.fromarray(numbered(9)).convert("P")
    picture.save(tmp_path / "a.png", transparency=0)
    assert read_still(tmp_path / "a.png").alpha is not None


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_exif_orientation_is_honoured(tmp_path, orientation, suffix):
    """Pillow's own idea of the upright picture is the reference."""
    path = tmp_path / f"a.{suffix}"
    picture = Image.fromarray(numbered(11, 64, 48))
    tags = picture.getexif()
    tags[0x0112] = orientation
    picture.save(path, exif=tags, **({"quality": 98, "subsampling": 0} if suffix == "jpg" else {}))
    assert exif_orientation(path.read_bytes()) == orientation
    flips = [None, None, 0, 3, 1, 5, 4, 6, 2]  # Pillow's transpose methods for orientations 2 to 8
    method = flips[orientation]
    upright = picture if method is None else picture.transpose(Image.Transpose(method))
    pixels = read_image(path)
    assert pixels.shape == np.asarray(upright).shape
    assert np.abs(pixels.astype(int) - np.asarray(upright)).mean() < 1.5


def test_a_cmyk_jpeg_has_no_alpha(tmp_path):
    Image.fromarray(numbered(3)).convert("CMYK").save(tmp_path / "a.jpg", quality=98)
    assert read_image(tmp_path / "a.jpg").shape == (48, 64, 3)


@pytest.mark.parametrize("form", ["half", "float"])
def test_exr_light_becomes_straight_srgb_codes(tmp_path, form):
    alpha = ramp(255).astype(np.float32) / 255
    light = np.zeros((48, 64, 3), np.float32)
    light[...] = (0.18, 1.0, 4.0)
    path = write_exr(tmp_path, light * alpha[..., None], alpha, 1, form) / "beauty.0001.exr"
    still = read_still(path)
    assert still.linear
    assert still.rgb.dtype == np.uint16
    assert still.alpha is not None
    assert np.abs(still.alpha - alpha).max() < 1e-3
    seen = alpha > 0.02
    # 18 % light is 0.4614 in sRGB (IEC 61966-2-1); half floats are good to 1 in 2048.
    assert np.abs(still.rgb[seen] / 65535 - (0.4614, 1.0, 1.0)).max() < 1e-3
    assert (still.rgb[alpha == 0] == 0).all()


@pytest.mark.parametrize("cut", [10, 60, 400])
def test_damaged_images_are_one_clear_line(tmp_path, cut):
    write_png(tmp_path / "a.png", RNG.integers(0, 255, (48, 64, 3), np.uint8))
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[:cut])
    with pytest.raises(InputError, match=r"a\.png: .*damaged"):
        read_image(tmp_path / "a.png")


def test_missing_empty_and_foreign_images(tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("not at all")
    for name, words in (("gone.png", "no such file"), ("empty.png", "empty"), ("text.png", "not an image")):
        with pytest.raises(InputError, match=words):
            read_image(tmp_path / name)
    with pytest.raises(InputError, match="cannot be read"):
        read_image(tmp_path)


def test_animations_are_not_stills(tmp_path):
    pictures = [Image.fromarray(numbered(index)) for index in range(3)]
    for name, words in (("a.png", "animated PNG"), ("a.webp", "animated WebP")):
        pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:])
        with pytest.raises(InputError, match=words):
            read_image(tmp_path / name)


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_png(tmp_path / "none" / "a.png", numbered(1))
    with pytest.raises(ValueError, match="uint8 or uint16"):
        write_png(tmp_path / "a.png", numbered(1).astype(np.float32))
