"""Colour and alpha of every output, as another reader finds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import OpenEXR
import pytest
from PIL import Image

from tests.io.writers.conftest import (
    HDR,
    SourceMaker,
    codes,
    flat,
    frames,
    heard,
    make_clip,
    picture,
    samples,
    sound,
    times,
    write,
)
from vmatte.core.types import Clip, Colour, Picture
from vmatte.io.writers import Cut

Follow = Callable[[Clip, list[int]], list[Picture]]


def vp9(path: Path) -> list[av.VideoFrame]:
    """Frames with their alpha, which FFmpeg's own decoder leaves out."""
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    with av.open(str(path)) as file:
        assert file.streams.video[0].metadata["ALPHA_MODE"] == "1"
        return [frame for packet in file.demux(video=0) for frame in decoder.decode(packet if packet.size else None)]


def test_webm_alpha_is_exact_and_its_key_frames_are_those_of_the_colours(out: Path) -> None:
    clip = make_clip(101, 75)
    path = write(out, "webm", clip, [picture(clip, i, top=255) for i in range(4)], crf=40).path
    for index, frame in enumerate(vp9(path)):
        assert np.array_equal(samples(frame, 3, "u1"), codes(index, (75, 101), 255))


def test_webm_with_lossy_alpha_says_so(out: Path) -> None:
    clip = make_clip(64, 64)
    run = [flat(clip, (90, 120, 30), 1, index) for index in range(3)]
    exact, lossy = (write(out, "webm", clip, run, alpha_crf=crf) for crf in (0, 30))
    assert not exact.facts.warnings
    assert "loss" in lossy.facts.warnings[0]
    assert all(samples(frame, 3, "u1").min() >= 253 for frame in vp9(lossy.path))


@pytest.mark.parametrize("colour", [Colour(), Colour(6, 6, 6)])
@pytest.mark.parametrize("name", ["webm", "over"])
def test_white_is_235_and_tagged(out: Path, name: str, colour: Colour) -> None:
    clip = make_clip(colour=colour)
    path = write(out, name, clip, [flat(clip, (255, 255, 255), 1), flat(clip, (0, 0, 0), 1, 2)], crf=0).path
    white, black = frames(path)
    assert [int(np.median(samples(frame, 0, "u1"))) for frame in (white, black)] == [235, 16]
    assert {int(np.median(samples(white, plane, "u1"))) for plane in (1, 2)} == {128}
    assert (white.colorspace, white.color_range) == (colour.matrix, 1)


def test_chroma_sits_on_the_left_column(out: Path) -> None:
    clip = make_clip(8, 4)
    colour = np.zeros((4, 8, 3), np.uint8)
    colour[:, 4:] = (0, 0, 255)
    path = write(out, "over", clip, [Picture(0, 0, 1, colour)], crf=0, codec="h264").path
    (frame,) = frames(path)
    # Columns 0, 2, 4 and 6 with weights 1, 2, 1: the third one holds a quarter of the black beside it.
    blue = samples(frame, 1, "u1")[0]
    assert np.abs(blue - [128, 128, 128 + 0.75 * 112, 240]).max() <= 3


@pytest.mark.parametrize(
    ("depth", "colour", "codec"), [(10, HDR, "hevc"), (10, Colour(), "hevc"), (8, Colour(), "h264")]
)
def test_deep_and_hdr_clips_are_shown_at_ten_bits(out: Path, depth: int, colour: Colour, codec: str) -> None:
    clip = make_clip(64, 48, depth=depth, colour=colour)
    top = 255 if depth == 8 else 65535
    path = write(out, "over", clip, [flat(clip, (top, top, top), 1, index) for index in range(2)]).path
    with av.open(str(path)) as file:
        context = file.streams.video[0].codec_context
        assert context.name == codec
        assert (context.color_primaries, context.color_trc) == (colour.primaries, colour.transfer)
        assert codec != "hevc" or context.codec_tag == "hvc1"
    (frame, _) = frames(path)
    white = samples(frame, 0, "<u2" if depth > 8 else "u1")
    assert abs(int(np.median(white)) - (940 if depth > 8 else 235)) <= 1


@pytest.mark.parametrize("bits", [8, 16])
def test_ffv1_keeps_colour_and_alpha(out: Path, bits: int) -> None:
    clip = make_clip(33, 17, depth=8 if bits == 8 else 16)
    one = picture(clip, 0, top=(1 << bits) - 1)
    (frame,) = frames(write(out, "ffv1-rgba", clip, [one], bits=bits).path)
    assert one.colour is not None
    if bits == 16:
        assert np.array_equal(np.dstack([samples(frame, place) for place in (2, 0, 1)]), one.colour)
        assert np.array_equal(samples(frame, 3), codes(0, (17, 33), 65535))
    else:
        found = frame.to_ndarray(format="bgra")
        assert np.array_equal(found[..., 2::-1], one.colour)
        assert np.array_equal(found[..., 3], codes(0, (17, 33), 255))


def test_quicktime_animation_is_exact(out: Path, source: SourceMaker, follow: Follow) -> None:
    path, clip, pts = source()
    run = [replace(one, alpha=picture(clip, one.index, top=255).alpha) for one in follow(clip, pts)[:6]]
    result = write(out, "qtrle", clip, run, path).path
    for index, frame in enumerate(frames(result)):
        found = frame.to_ndarray(format="argb")
        assert np.array_equal(found[..., 0], codes(index, (48, 64), 255))
        colour = run[index].colour
        assert colour is not None
        assert np.array_equal(found[..., 1:], colour)
    assert sound(result) == sound(path)


@pytest.mark.parametrize("name", ["gif", "apng", "webp"])
def test_animated_images_as_pillow_reads_them(out: Path, name: str) -> None:
    clip = make_clip(40, 30, rate=Fraction(25))
    run = [picture(clip, index, top=255) for index in range(4)]
    options: dict[str, Any] = {"edge": "hard"} if name == "gif" else {}
    path = write(out, name, clip, run, loops=3, **options).path
    with Image.open(path) as image:
        assert image.n_frames == 4  # type: ignore[attr-defined]
        # GIF's field counts repetitions.
        assert image.info["loop"] == (2 if name == "gif" else 3)
        for index in range(4):
            image.seek(index)
            alpha = codes(index, (30, 40), 255)
            shown = np.asarray(image.convert("RGBA"))[..., 3]
            assert np.array_equal(shown, np.where(alpha > 127, 255, 0) if name == "gif" else alpha)
            assert image.info["duration"] == 40


def test_frame_rate_and_size_of_animations_are_limited(out: Path) -> None:
    clip = make_clip(64, 48, rate=Fraction(60))
    writer = write(out, "webp", clip, [picture(clip, index) for index in range(30)], size=32, fps=15.0)
    with Image.open(writer.path) as image:
        assert image.size == (32, 24)
        assert 7 <= image.n_frames <= 8  # type: ignore[attr-defined]


@pytest.mark.parametrize(("depth", "compression"), [("half", "zip"), ("float", "none"), ("half", "dwab")])
def test_exr_is_linear_and_premultiplied_with_layers(out: Path, depth: str, compression: str) -> None:
    clip = make_clip(24, 16, depth=16, colour=Colour(9, 13, 0), sample_aspect=Fraction(2), rate=Fraction(25))
    parts = [
        replace(picture(clip, index, pts=90000 * 3661 + 3600), name=name) for index, name in ((1, "anna"), (2, "ben"))
    ]
    whole = replace(parts[0], index=0, others=tuple(parts))
    folder = write(out, "exr", clip, [whole], depth=depth, compression=compression).path
    file = OpenEXR.File(str(folder / "000000.exr"), separate_channels=True)
    header, channels = file.header(), {name: channel.pixels for name, channel in file.channels().items()}
    assert set(channels) == {f"{layer}{letter}" for layer in ("", "anna.", "ben.") for letter in "RGBA"}
    assert np.allclose(header["chromaticities"], (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290))
    time = header["timeCode"]
    assert (time.hours, time.minutes, time.seconds, time.frame) == (1, 1, 1, 1)
    assert header["pixelAspectRatio"] == 2
    kind: Any = np.float16 if depth == "half" else np.float32
    for one in parts:
        assert one.colour is not None
        assert one.alpha is not None
        assert np.array_equal(channels[f"{one.name}.A"], one.alpha.astype(kind))
        code = one.colour / 65535
        light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4) * one.alpha[..., None]
        found = np.dstack([channels[f"{one.name}.{letter}"] for letter in "RGB"])
        assert np.abs(found - light).max() < {"half": 5e-4, "float": 1e-6}[depth] + (
            0.2 if compression == "dwab" else 0
        )


def test_exr_of_hdr_says_what_light_of_one_is(out: Path) -> None:
    clip = make_clip(8, 8, depth=10, colour=HDR)
    # 203 cd/m2, HDR reference white, is PQ code 0.5807 (ITU-R BT.2408-7, table 1).
    folder = write(out, "exr", clip, [flat(clip, [round(0.58069 * 65535)] * 3, 1)]).path
    file = OpenEXR.File(str(folder / "000000.exr"), separate_channels=True)
    assert file.header()["whiteLuminance"] == 203
    assert abs(float(file.channels()["G"].pixels[0, 0]) - 1) < 2e-3


def test_webm_and_mp4_take_the_sound_they_know_and_encode_the_rest(
    out: Path, source: SourceMaker, follow: Follow
) -> None:
    aac, clip, pts = source(sounds=("aac", "aac"), offset=0)
    run = follow(clip, pts)
    copied = write(out, "over", clip, run, aac)
    assert [[packet[3] for packet in track] for track in sound(copied.path).values()] == [
        [packet[3] for packet in track] for track in sound(aac).values()
    ]
    web = write(out, "webm", clip, run[:15], aac)
    with av.open(str(web.path)) as file:
        assert [stream.codec_context.name for stream in file.streams.audio] == ["opus", "opus"]
    assert "encoded again as Opus" in web.facts.warnings[0]
    (began, wave), (source_began, source_wave) = heard(web.path), heard(aac)
    assert abs(began - source_began) < Fraction(8, 1000)
    # The same sound at the same time, whatever the codec did to it.
    piece = source_wave[24000:36000]
    at = int(np.argmax(np.correlate(wave, piece)))
    assert abs(Fraction(at - 24000, 48000) + began - source_began) < Fraction(2, 1000)
    assert all(abs(a - b) <= Fraction(1, 1000) for a, b in zip(times(web.path), times(aac), strict=False))


def test_a_trim_cuts_sound_that_is_encoded_again(out: Path, source: SourceMaker, follow: Follow) -> None:
    path, clip, pts = source("source.webm", sounds=("libopus",), frames=40, seconds=3)
    some = follow(clip, pts)[10:20]
    result = write(out, "over", clip, some, path, Cut(start=True, end=True))
    with av.open(str(result.path)) as file:
        assert file.streams.audio[0].codec_context.name == "aac"
    length = (some[-1].pts - some[0].pts + some[-1].duration) * clip.time_base
    # An AAC frame before and after is the encoder's own; a packet of the source is as long and may not add to it.
    assert abs(Fraction(len(heard(result.path)[1]), 48000) - length) < Fraction(5, 100)


def test_sound_that_is_decoded_is_cut_to_the_sample(out: Path, source: SourceMaker, follow: Follow) -> None:
    """Packets of FLAC last a tenth of a second: whole ones would be heard before and after the pictures."""
    path, clip, pts = source("source.mkv", sounds=("flac", "flac"), offset=0, frames=40, seconds=3)
    some = follow(clip, pts)[10:20]
    result = write(out, "prores", clip, some, path, Cut(start=True, end=True)).path
    begin, end = some[0].pts * clip.time_base, (some[-1].pts + some[-1].duration) * clip.time_base
    whole = heard(path)[1]
    for stream in (0, 1):
        began, wave = heard(result, stream)
        assert began == Fraction(round(begin * 48000), 48000)
        assert len(wave) == round(end * 48000) - round(begin * 48000)
    assert np.array_equal(heard(result)[1], whole[round(begin * 48000) : round(end * 48000)])
