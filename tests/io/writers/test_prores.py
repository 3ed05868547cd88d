"""ProRes 4444: exact alpha, right colour, right tags."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.io.writers.conftest import HDR, codes, flat, frames, make_clip, picture, samples, write
from vmatte.core.errors import ConfigError
from vmatte.core.types import Colour, Picture
from vmatte.io.writers import open_writer, output_path

BT601, BT2020 = Colour(6, 6, 6), Colour(9, 14, 9)
SRGB = Colour(1, 13, 0, full_range=True)


def alpha10(frame: av.VideoFrame) -> Any:
    assert frame.format.name == "yuva444p12le"
    return np.rint(samples(frame, 3) * 1023 / 4095)


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(video=0) if packet.pts is not None]


@pytest.mark.parametrize("profile", ["4444", "4444xq"])
@pytest.mark.parametrize("bits", [0, 500])
def test_alpha_comes_back_exactly(out: Path, profile: str, bits: int) -> None:
    clip = make_clip(101, 75)
    path = write(out, "prores", clip, [picture(clip, i) for i in range(4)], profile=profile, bits_per_mb=bits).path
    for index, frame in enumerate(frames(path)):
        assert np.array_equal(alpha10(frame), codes(index, (75, 101), 1023))
    with av.open(str(path)) as file:
        assert file.streams.video[0].codec_context.codec_tag == {"4444": "ap4h", "4444xq": "ap4x"}[profile]


def test_opaque_and_clear_are_the_extremes(out: Path) -> None:
    clip = make_clip()
    opaque = flat(clip, (9, 9, 9), 1, 1)
    run = [flat(clip, (9, 9, 9), 0), opaque, Picture(2, 2, 1, opaque.colour, None)]
    seen = [samples(frame, 3) for frame in frames(write(out, "prores", clip, run).path)]
    assert [(int(plane.min()), int(plane.max())) for plane in seen] == [(0, 0), (4095, 4095), (4095, 4095)]


def test_fewer_bits_make_a_smaller_file(out: Path) -> None:
    clip = make_clip(128, 96)
    run = [picture(clip, 0)]
    sizes = [write(out, "prores", clip, run, bits_per_mb=bits).facts.bytes for bits in (0, 1600, 500)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < sizes[0] / 2


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("colour", [Colour(), BT601, BT2020, SRGB, HDR])
def test_white_is_940_and_black_is_64(out: Path, depth: int, colour: Colour) -> None:
    clip = make_clip(depth=depth, colour=colour)
    top = 255 if depth == 8 else 65535
    run = [flat(clip, (top, top, top), 1, 0), flat(clip, (0, 0, 0), 1, 1)]
    white, black = frames(write(out, "prores", clip, run).path)
    for frame, luma in ((white, 940), (black, 64)):
        # The decoder gives 12 bits.
        assert np.unique(samples(frame, 0)).tolist() == [luma * 4]
        for chroma in (1, 2):
            assert np.unique(samples(frame, chroma)).tolist() == [512 * 4]


@pytest.mark.parametrize(("matrix", "weights"), [(1, (0.2126, 0.0722)), (6, (0.299, 0.114)), (9, (0.2627, 0.0593))])
@pytest.mark.parametrize("depth", [8, 12])
def test_colour_is_coded_in_the_clips_own_matrix(
    out: Path, matrix: int, weights: tuple[float, float], depth: int
) -> None:
    clip = make_clip(32, 16, depth=depth, colour=Colour(matrix, 1, matrix))
    top = 255 if depth == 8 else 65535
    for rgb in np.random.default_rng(matrix).random((5, 3)):
        coded = np.rint(rgb * top)
        (frame,) = frames(write(out, "prores", clip, [flat(clip, coded.tolist(), 1)]).path)
        red, green, blue = coded / top
        luma = weights[0] * red + (1 - sum(weights)) * green + weights[1] * blue
        meant = (
            64 + 876 * luma,
            512 + 896 * (blue - luma) / (2 - 2 * weights[1]),
            512 + 896 * (red - luma) / (2 - 2 * weights[0]),
        )
        for index, value in enumerate(meant):
            # ProRes is lossy, but flat blocks are right to a code of its 12-bit output.
            assert abs(samples(frame, index).mean() - 4 * value) <= 4


def test_sixteen_bit_sources_keep_ten_bits(out: Path) -> None:
    clip = make_clip(256, 256, depth=10)
    # Every level of 10-bit luma in blocks of 8x8, so that the transform keeps each exactly.
    levels = np.rint(np.linspace(0, 65535, 877)).astype(np.uint16)
    grid = np.resize(levels, 1024).reshape(32, 32).repeat(8, 0).repeat(8, 1)
    one = Picture(0, 0, 1, np.dstack([grid] * 3), np.ones((256, 256), np.float32))
    (frame,) = frames(write(out, "prores", clip, [one]).path)
    assert len(np.unique(np.rint(samples(frame, 0) / 4))) == 877


@pytest.mark.parametrize(
    ("colour", "codes"),
    [
        (Colour(), (1, 1, 1)),
        (SRGB, (1, 1, 1)),
        (BT601, (6, 1, 6)),
        (Colour(5, 1, 5), (5, 1, 6)),
        (BT2020, (9, 1, 9)),
        (HDR, (9, 16, 9)),
        (Colour(9, 18, 9), (9, 18, 9)),
        (Colour(9, 16, 0), (9, 16, 9)),
    ],
)
def test_tags_are_in_the_container_and_in_every_frame(out: Path, colour: Colour, codes: tuple[int, int, int]) -> None:
    clip = make_clip(colour=colour, depth=10)
    path = write(out, "prores", clip, [picture(clip, index) for index in range(4)], workers=2).path
    data = path.read_bytes()
    atom = data.index(b"colrnclc") + 8
    assert tuple(int.from_bytes(data[atom + at : atom + at + 2], "big") for at in (0, 2, 4)) == codes
    for packet in packets(path):
        # SMPTE RDD 36, 6.1.1: the frame header begins after the frame's size and its identifier.
        assert packet[4:8] == b"icpf"
        assert packet[12:16] == b"apl0"
        assert tuple(packet[22:25]) == codes
        assert packet[25] & 15 == 2  # alpha of 16 bits
    (frame, *_) = frames(path)
    assert (frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range) == (*codes, 1)


@pytest.mark.parametrize("aspect", [Fraction(1), Fraction(4, 3), Fraction(12, 11)])
def test_pixel_shape_is_kept(out: Path, aspect: Fraction) -> None:
    clip = make_clip(sample_aspect=aspect)
    for name in ("prores", "alpha-mp4"):
        with av.open(str(write(out, name, clip, [picture(clip, 0)]).path)) as file:
            assert (file.streams.video[0].sample_aspect_ratio or 1) == aspect
    warnings = write(out, "alpha", clip, [picture(clip, 0)]).facts.warnings
    assert any("shape" in warning for warning in warnings) == (aspect != 1)


def test_wrong_values_are_refused(out: Path) -> None:
    path = output_path(out, "clip", "prores")
    for options in ({"profile": "422"}, {"bits_per_mb": 9000}, {"start": "middle"}):
        with pytest.raises(ConfigError, match=next(iter(options))):
            open_writer("prores", path, make_clip(), options=options)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 40), height=st.integers(1, 40))
def test_any_alpha_is_rounded_to_ten_bits(
    tmp_path_factory: pytest.TempPathFactory, seed: int, width: int, height: int
) -> None:
    clip = make_clip(width, height)
    alpha = np.random.default_rng(seed).random((height, width), dtype=np.float32)
    one = Picture(0, 0, 1, np.zeros((height, width, 3), np.uint8), alpha)
    (frame,) = frames(write(tmp_path_factory.mktemp("any"), "prores", clip, [one]).path)
    assert np.array_equal(alpha10(frame), np.rint(alpha * np.float32(1023)))
