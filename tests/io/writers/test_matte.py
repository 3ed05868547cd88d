"""The mattes alone: `alpha`, `alpha-mp4`, `png16`, and the colour stills beside them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from tests.io.writers.conftest import HDR, codes, flat, frames, make_clip, picture, samples, write
from vmatte.core.errors import ConfigError
from vmatte.core.types import Picture


def test_the_master_is_exact_to_sixteen_bits(out: Path) -> None:
    clip = make_clip(101, 75)
    run = [picture(clip, index, top=65535) for index in range(5)]
    for index, frame in enumerate(frames(write(out, "alpha", clip, run, workers=2).path)):
        assert frame.format.name == "gray16le"
        assert frame.color_range == 2
        assert frame.key_frame
        assert np.array_equal(samples(frame, 0), codes(index, (75, 101), 65535))


def test_the_master_has_no_picture_in_it_twice(out: Path) -> None:
    """Every frame can be read alone: decoding starts anywhere."""
    clip = make_clip()
    path = write(out, "alpha", clip, [picture(clip, index, top=65535) for index in range(9)]).path
    with av.open(str(path)) as file:
        packets = [packet for packet in file.demux(video=0) if packet.pts is not None]
        file.streams.video[0].codec_context.thread_count = 1
        (frame,) = packets[6].decode()
    assert np.array_equal(samples(frame, 0), codes(6, (32, 48), 65535))


def test_the_video_for_players_has_video_levels(out: Path) -> None:
    clip = make_clip(33, 21)
    steps = np.linspace(0, 1, 5)
    path = write(out, "alpha-mp4", clip, [flat(clip, (0, 0, 0), step, index) for index, step in enumerate(steps)]).path
    found = frames(path)
    assert [round(samples(frame, 0, "u1").mean()) for frame in found] == [16, 71, 126, 180, 235]
    assert all(np.ptp(samples(frame, 0, "u1")) <= 1 for frame in found)
    first = found[0]
    assert (first.colorspace, first.color_primaries, first.color_trc, first.color_range) == (1, 1, 1, 1)
    assert {int(code) for frame in found for plane in (1, 2) for code in np.unique(samples(frame, plane, "u1"))} == {
        128
    }
    shown = [frame.to_ndarray(format="gray").mean() for frame in found]
    assert shown == pytest.approx((steps * 255).tolist(), abs=1.5)


def test_worst_quality_still_passes_its_check(out: Path) -> None:
    clip = make_clip(96, 64)
    write(out, "alpha-mp4", clip, [picture(clip, index) for index in range(12)], crf=30)
    with pytest.raises(ConfigError, match="crf"):
        write(out, "alpha-mp4", clip, [picture(clip, 0)], crf=31)


def test_padding_repeats_the_edge(out: Path) -> None:
    clip = make_clip(5, 3)
    alpha = np.zeros((3, 5), np.float32)
    alpha[:, 4] = alpha[2] = 1
    (frame,) = frames(write(out, "alpha-mp4", clip, [Picture(0, 0, 1, None, alpha)], crf=1).path)
    luma = samples(frame, 0, "u1")
    assert luma.shape == (4, 6)
    assert abs(luma[:, 4:] - 235).max() <= 4
    assert abs(luma[2:] - 235).max() <= 4
    assert abs(luma[:2, :4] - 16).max() <= 4


def test_gray_stills_are_exact_for_other_readers(out: Path) -> None:
    clip = make_clip(101, 75)
    path = write(out, "png16", clip, [picture(clip, index, top=65535) for index in (3, 4, 12)]).path
    assert sorted(entry.name for entry in path.iterdir()) == ["000003.png", "000004.png", "000012.png"]
    for index in (3, 4, 12):
        found = cv2.imread(str(path / f"{index:06d}.png"), cv2.IMREAD_UNCHANGED)
        assert found is not None
        assert found.dtype == np.uint16
        assert np.array_equal(found, codes(index, (75, 101), 65535))
        with Image.open(path / f"{index:06d}.png") as image:
            assert image.mode == "I;16"


@pytest.mark.parametrize("depth", [8, 10, 16])
def test_colour_stills_are_as_deep_as_the_clip(out: Path, depth: int) -> None:
    clip = make_clip(37, 21, depth=depth)
    top = 255 if depth == 8 else 65535
    one = picture(clip, 5, top=top)
    path = write(out, "rgba-png", clip, [one]).path / "000005.png"
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    assert one.colour is not None
    assert found.dtype == one.colour.dtype
    assert np.array_equal(found[..., 2::-1], one.colour)
    assert np.array_equal(found[..., 3], codes(5, (21, 37), top))
    data = path.read_bytes()
    assert b"sRGB" in data[:200]


def test_an_opaque_picture_and_another_depth(out: Path) -> None:
    clip = make_clip(depth=10)
    shallow = replace(picture(make_clip(), 0), alpha=None)
    found = cv2.imread(str(write(out, "rgba-png", clip, [shallow]).path / "000000.png"), cv2.IMREAD_UNCHANGED)
    assert found is not None
    assert shallow.colour is not None
    assert np.array_equal(found[..., 2::-1], shallow.colour.astype(np.uint16) * 257)
    assert found[..., 3].min() == 65535
    deep = picture(clip, 0)
    found = cv2.imread(str(write(out, "rgba-png", make_clip(), [deep]).path / "000000.png"), cv2.IMREAD_UNCHANGED)
    assert found is not None
    assert deep.colour is not None
    assert np.array_equal(found[..., 2::-1], np.rint(deep.colour / 257))


def test_hdr_stills_say_so(out: Path) -> None:
    clip = make_clip(colour=HDR, depth=10)
    data = (write(out, "rgba-png", clip, [picture(clip, 0)]).path / "000000.png").read_bytes()
    at = data.index(b"cICP") + 4
    assert tuple(data[at : at + 4]) == (9, 16, 0, 1)
    assert b"sRGB" not in data[:200]


def test_stills_keep_the_shape_of_pixels(out: Path) -> None:
    clip = make_clip(sample_aspect=Fraction(4, 3))
    path = write(out, "png16", clip, [picture(clip, 0)]).path / "000000.png"
    with av.open(str(path)) as file:
        assert file.streams.video[0].sample_aspect_ratio == Fraction(4, 3)
