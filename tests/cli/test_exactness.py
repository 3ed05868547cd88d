"""What the output stage promises, in nine points: each from file to file, through the command where it has a word.

1. Alpha comes back code for code from everything that says so.
2. ProRes: opaque is 4095, clear is 0; tags stand in the container and in every frame.
3. Colours in are colours out, tagged or not.
4. White is 940, whatever the foreground is made of.
5. Times are those of the source, and sound stays in step.
6. A mask drawn on the displayed picture lands on the subject.
7. Odd sizes, one frame, wrong counts and cut ends are no accident.
8. VP9's alpha is read, and solid areas are solid when it is written.
9. Every platform's file passes its own check.
"""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests import drawn
from tests.clips import UNTAGGED, Recipe, chart, write_clip
from tests.io.writers.conftest import codes, make_clip, picture, samples, write
from tests.run.emoji.faces import face
from vmatte.core.types import Frame, Layer, Matte
from vmatte.io.alpha import AlphaClip
from vmatte.io.images import write_png
from vmatte.io.open import open_source
from vmatte.run.emoji.account import shown_frames
from vmatte.run.emoji.check import check_file, passes
from vmatte.run.emoji.platforms import platforms
from vmatte.run.views import Rgba

UNEVEN = [45000, 48000, 54000, 55500, 60000, 69000, 70500, 75000]
# Highest code of the alpha that each output stores; EXR's is a number, half of which have 11 significant bits.
STORED = {
    "prores": 1023,
    "prores-xq": 1023,
    "alpha": 65535,
    "png16": 65535,
    "rgba-png": 65535,
    "exr": 2047,
    "ffv1-rgba": 65535,
    "webm": 255,
    "qtrle": 255,
    "webp": 255,
    "apng": 255,
    "gif": 1,
}


def packets(path: Path, kind: str) -> list[tuple[Fraction, bytes]]:
    """Times in seconds and bytes of one stream's packets."""
    found = []
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        for packet in container.demux(stream):
            if packet.size:
                assert packet.pts is not None
                found.append((packet.pts * packet.time_base, bytes(packet)))
    return found


def times(path: Path) -> list[Fraction]:
    return sorted(time for time, _ in packets(path, "video"))


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


@pytest.mark.parametrize("name", STORED)
def test_1_alpha_comes_back_code_for_code(tmp_path, name):
    clip, top = make_clip(48, 32, depth=16), STORED[name]
    options: dict[str, Any] = {"edge": "hard"} if name == "gif" else {"depth": "float"} if name == "exr" else {}
    path = write(tmp_path, name, clip, [picture(clip, index, top=top) for index in range(2)], **options).path
    if name in ("gif", "apng", "webp"):
        found: list[Any] = [frame[..., 3] / 255 for frame in shown_frames(path)]
    else:
        found = [frame.alpha for frame in AlphaClip(path).mattes([0, 1])]
    for index, alpha in enumerate(found):
        assert np.array_equal(np.rint(alpha * top), codes(index, (32, 48), top))


def test_2_prores_is_solid_clear_and_tagged(vmatte, tmp_path, mask):
    clip = drawn.clip(tmp_path / "disc.mp4", 2)
    assert vmatte("process", clip, "--mask", mask, "--output", "prores").code == 0
    path = tmp_path / "disc.prores.mov"
    alpha = samples(decoded(path)[0], 3)
    assert (alpha[48, 45], alpha[5, 5]) == (4095, 0)
    data = path.read_bytes()
    assert data[data.index(b"colrnclc") + 8 :][:6] == bytes([0, 1, 0, 1, 0, 1])
    # SMPTE RDD 36, 6.1.1: primaries, transfer and matrix in the header of each frame.
    assert {bytes(packet[22:25]) for _, packet in packets(path, "video")} == {b"\1\1\1"}
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.codec_tag == "ap4h"


@pytest.mark.parametrize(
    ("size", "tags", "matrix", "full"),
    [
        ((1280, 48), UNTAGGED, 1, False),
        ((192, 128), {"colorspace": 6, "color_primaries": 6, "color_trc": 6, "color_range": 1}, 6, False),
        ((192, 128), {"colorspace": 1, "color_primaries": 1, "color_trc": 1, "color_range": 2}, 1, True),
        ((192, 128), {"colorspace": 9, "color_primaries": 9, "color_trc": 14, "color_range": 1}, 9, False),
    ],
    ids=["untagged", "601", "full", "2020"],
)
def test_3_colours_in_are_colours_out(vmatte, tmp_path, size, tags, matrix, full):
    seen = chart(*size)
    recipe = Recipe("ffv1", "yuv444p", matrix, full, tags, options={"level": "3"})
    clip = write_clip(tmp_path / "chart.mkv", [seen] * 2, recipe)
    cv2.imwrite("whole.png", np.full(size[::-1], 255, np.uint8))
    said = vmatte("process", clip, "--mask", "whole.png", "--output", "rgba-png", "--set", "foreground=source")
    assert said.code == 0, said.err
    found = cv2.imread("chart.rgba-png/000001.png", cv2.IMREAD_UNCHANGED)
    assert found is not None
    assert np.abs(found[..., 2::-1].astype(int) - seen).mean() < 0.6


@pytest.mark.parametrize("kind", ["8 bit", "16 bit", "float"])
def test_4_white_is_940(tmp_path, kind):
    clip = make_clip(depth=8 if kind == "8 bit" else 16)
    white = np.full((32, 48, 3), 255 if kind == "8 bit" else 65535, np.uint8 if kind == "8 bit" else np.uint16)
    colour = np.ones((32, 48, 3), np.float32) if kind == "float" else None
    frame = Frame(0, 0, white if colour is None else white // 2, np.full((32, 48, 3), 255, np.uint8), 3000)
    matte = Matte(frame, (Layer("subject", np.ones((32, 48), np.float32), colour),))
    (made,) = decoded(write(tmp_path, "prores", clip, [Rgba(4)(matte)]).path)
    # The decoder widens 10 bits to 12.
    assert {int(code) for code in np.unique(samples(made, 0))} == {4 * 940}
    assert {int(code) for place in (1, 2) for code in np.unique(samples(made, place))} == {4 * 512}


def test_5_times_and_sound_are_those_of_the_source(vmatte, tmp_path, mask):
    recipe = Recipe(time_base=Fraction(1, 90000), pts=UNEVEN, options={"bf": "2", "crf": "10"}, sound=True)
    clip = write_clip(tmp_path / "phone.mp4", [drawn.picture(index) for index in range(8)], recipe)
    assert vmatte("process", clip, "--mask", mask).code == 0
    made = tmp_path / "phone.prores.mov"
    assert times(made) == times(clip) == [Fraction(tick, 90000) for tick in UNEVEN]
    # The sound's packets, and with the times of both, how far apart they begin.
    assert packets(made, "audio") == packets(clip, "audio")
    # Matroska counts in milliseconds.
    for found, meant in zip(times(tmp_path / "phone.alpha.mkv"), times(clip), strict=True):
        assert abs(found - meant) <= Fraction(1, 2000)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_6_a_mask_drawn_on_the_displayed_picture_lands_on_the_subject(vmatte, tmp_path, rotation):
    recipe = Recipe(rotation=rotation, options={"crf": "10"})
    clip = write_clip(tmp_path / "turned.mp4", [drawn.picture(index) for index in range(3)], recipe)
    with open_source(clip) as source:
        shown = next(source.frames(0, 1)).rgb
    candidates = {k: np.rot90(drawn.picture(0), k).astype(int) for k in range(4)}
    turns = [k for k, picture in candidates.items() if picture.shape == shown.shape and abs(picture - shown).mean() < 6]
    assert len(turns) == 1
    truth = np.rot90(drawn.disc(0), turns[0])
    cv2.imwrite(str(tmp_path / "upright.png"), np.where(truth >= 0.5, 255, 0).astype(np.uint8))
    assert vmatte("process", clip, "--mask", "upright.png", "--output", "png16", "--output", "prores").code == 0
    alpha = cv2.imread(str(tmp_path / "turned.png16/000000.png"), cv2.IMREAD_UNCHANGED)
    assert alpha is not None
    assert np.abs(alpha / 65535 - truth).mean() < 0.03
    with open_source(tmp_path / "turned.prores.mov") as made:
        assert (made.clip.width, made.clip.height, made.clip.rotation) == (shown.shape[1], shown.shape[0], 0)


def test_7_odd_sizes_and_a_single_frame(vmatte, tmp_path):
    size = (101, 75)
    recipe = Recipe("ffv1", "yuv444p", options={"level": "3"})
    clip = write_clip(tmp_path / "odd.mkv", [drawn.picture(0, size)], recipe)
    mask = drawn.mask(tmp_path / "odd.png", 0, size)
    asked = [part for name in ("prores", "alpha", "webm", "over") for part in ("--output", name)]
    said = vmatte("process", clip, "--mask", mask, *asked)
    assert said.code == 0, said.err
    for name in ("prores.mov", "alpha.mkv", "webm.webm"):
        (frame,) = decoded(tmp_path / f"odd.{name}")
        assert (frame.width, frame.height) == size
    assert "padded to 102x76" in said.err


def test_7_wrong_counts_and_cut_ends(vmatte, tmp_path, mask):
    recipe = Recipe("mjpeg", "yuvj420p", full=True)
    clip = write_clip(tmp_path / "a.avi", [drawn.picture(index) for index in range(5)], recipe)
    data = bytearray(clip.read_bytes())
    for place in (data.index(b"strh") + 40, data.index(b"avih") + 24):  # dwLength and dwTotalFrames
        data[place : place + 4] = (700).to_bytes(4, "little")
    clip.write_bytes(data)
    said = vmatte("process", clip, "--mask", mask, "--output", "alpha")
    assert said.code == 0
    assert "announces 700 frames, but only 5" in said.err
    assert len(times(tmp_path / "a.alpha.mkv")) == 5
    whole = write_clip(tmp_path / "b.mkv", [drawn.picture(index) for index in range(5)], Recipe("ffv1", "yuv444p"))
    with av.open(str(whole)) as container:
        last = [packet.pos for packet in container.demux(video=0) if packet.size][-1]
    assert last is not None
    whole.write_bytes(whole.read_bytes()[: last + 99])
    said = vmatte("process", whole, "--mask", mask, "--output", "alpha", "--set", "input.truncated=keep")
    assert said.code == 0, said.err
    assert "cut off" in said.err or "announces" in said.err
    assert len(times(tmp_path / "b.alpha.mkv")) == 4


@pytest.mark.parametrize("tag", ["alpha_mode", "ALPHA_MODE", "both"])
def test_8_the_alpha_of_vp9_is_found_however_it_is_announced(tmp_path, tag):
    """A tag of its own, which some writers add, hides the track's entry from whoever looks for small letters."""
    planes = [codes(index, (48, 64), 255).astype(np.uint8) for index in range(2)]
    path = tmp_path / "theirs.webm"
    recipe = Recipe("libvpx-vp9", "yuva420p", options={"lossless": "1"})
    write_clip(path, [chart(64, 48)] * 2, recipe, planes)
    tagged = tmp_path / "tagged.webm"
    with av.open(str(path)) as old, av.open(str(tagged), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for name in ("alpha_mode", "ALPHA_MODE") if tag == "both" else (tag,):
            stream.metadata[name] = "1"
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    with open_source(tagged) as source:
        assert source.clip.has_alpha
    for frame, plane in zip(AlphaClip(tagged).mattes([0, 1]), planes, strict=True):
        assert np.array_equal(np.rint(frame.alpha * 255), plane)


@pytest.mark.parametrize("crf", [0, 30])
def test_8_solid_areas_of_vp9_are_solid_or_it_says_so(tmp_path, crf):
    clip = make_clip(*drawn.SIZE)
    run = [replace(picture(clip, index), colour=drawn.picture(index), alpha=drawn.disc(index)) for index in range(2)]
    writer = write(tmp_path, "webm", clip, run, alpha_crf=crf)
    solid = [frame.alpha[44:52, 44:52].min() for frame in AlphaClip(writer.path).mattes([0, 1])]
    clear = [frame.alpha[:8].max() for frame in AlphaClip(writer.path).mattes([0, 1])]
    said = any("with loss" in warning for warning in writer.facts.warnings)
    assert said == (crf > 0)
    assert said or (min(solid) >= 253 / 255 and max(clear) <= 2 / 255)


@pytest.mark.parametrize(
    "less",
    [
        pytest.param(("--fps", "5", "--seconds", "1"), id="quick"),
        # As much of it as each platform takes.
        pytest.param((), id="whole", marks=[pytest.mark.slow, pytest.mark.timeout(1200)]),
    ],
)
def test_9_every_platforms_file_passes_its_own_check(vmatte, tmp_path, less):
    """Ten seconds are more than any platform takes; what is wide and low takes little to encode."""
    (tmp_path / "face").mkdir()
    for index in range(60):
        write_png(
            tmp_path / f"face/{index:04d}.png", np.ascontiguousarray(face(index, 64)[::4] if less else face(index))
        )
    presets = [part for name in platforms() for part in ("--preset", name)]
    said = vmatte("emoji", "face", "--rate", "6", "--out", "done", "--no-preview", *less, *presets)
    assert said.code == 0, said.err
    made = {path.name.split(".")[1]: path for path in Path("done").iterdir()}
    assert set(made) == set(platforms())
    for name, path in made.items():
        assert path.stat().st_size <= platforms()[name].bytes
        assert passes(check_file(path, platforms()[name])), name


def test_pixel_aspect_and_ten_bits_arrive(vmatte, tmp_path, mask):
    recipe = Recipe(codec="ffv1", pix_fmt="yuv420p10le", aspect=Fraction(4, 3))
    clip = write_clip(tmp_path / "deep.mkv", [drawn.picture(index) for index in range(2)], recipe)
    outputs = ("--output", "prores", "--output", "rgba-png")
    assert vmatte("process", clip, "--mask", mask, *outputs, "--set", "foreground=source").code == 0
    with open_source(clip) as source, open_source(tmp_path / "deep.prores.mov") as made:
        assert made.clip.sample_aspect == source.clip.sample_aspect
        first, again = next(source.frames(0, 1)).rgb, next(made.frames(0, 1)).rgb
    assert first.dtype == again.dtype == np.uint16
    assert np.abs(first.astype(int) - again).mean() < 65535 / 1023
    with open_source(tmp_path / "deep.rgba-png") as stills:
        np.testing.assert_array_equal(next(stills.frames(0, 1)).rgb, first)
