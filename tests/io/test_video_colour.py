"""Colours in are colours out: tagged and untagged, every matrix, range, depth and layout, HDR and alpha."""

from dataclasses import replace

import av
import numpy as np
import pytest

from tests.clips import TAGGED_709, UNTAGGED, Recipe, chart, frame_of, planes_of, write_clip
from tests.io.conftest import X265, ramp
from vmatte.core import colour as c
from vmatte.core.errors import ConfigError, InputError
from vmatte.core.light import light_to_pq
from vmatte.core.types import Colour
from vmatte.io.options import InputOptions
from vmatte.io.pixels import Pixels
from vmatte.io.probe import probe
from vmatte.io.video import VideoSource

LOSSLESS = Recipe("ffv1", "yuv444p", options={"level": "3"})
SMALL, LARGE, PAL = (192, 128), (1280, 720), (720, 576)


def _tags(matrix, full, primaries=1, transfer=1):
    return {"colorspace": matrix, "color_primaries": primaries, "color_trc": transfer, "color_range": 2 if full else 1}


def _first(path, **options):
    source = VideoSource(path, InputOptions(threads=1, **options))
    return source.clip, next(source.frames())


CASES = {
    "untagged 709": (LOSSLESS, LARGE, UNTAGGED, 1, False),
    "untagged 709 portrait": (LOSSLESS, (400, 720), UNTAGGED, 1, False),
    "untagged 601 of 480 lines": (LOSSLESS, SMALL, UNTAGGED, 6, False),
    "untagged 601 of 576 lines": (LOSSLESS, PAL, UNTAGGED, 5, False),
    "tagged 709 on a small picture": (LOSSLESS, SMALL, _tags(1, False), 1, False),
    "tagged 601 on a large picture": (LOSSLESS, LARGE, _tags(6, False, 6), 6, False),
    "tagged 709 full range": (LOSSLESS, SMALL, _tags(1, True), 1, True),
    "tagged 2020": (replace(LOSSLESS, pix_fmt="yuv444p10le"), SMALL, _tags(9, False, 9, 14), 9, False),
    "2020 primaries alone": (LOSSLESS, SMALL, {"color_primaries": 9}, 9, False),
    "240M": (LOSSLESS, SMALL, _tags(7, False), 7, False),
    "x264 4:2:0 untagged": (Recipe(options={"qp": "0"}), LARGE, UNTAGGED, 1, False),
    "12 bit": (replace(LOSSLESS, pix_fmt="yuv444p12le"), SMALL, _tags(1, False), 1, False),
}


@pytest.mark.parametrize("name", CASES)
def test_a_chart_comes_back_in_its_colours(tmp_path, name):
    recipe, size, tags, matrix, full = CASES[name]
    picture = chart(*size)
    path = write_clip(tmp_path / "chart.mkv", [picture], replace(recipe, tags=tags, matrix=matrix, full=full))
    clip, frame = _first(path)
    assert (clip.colour.matrix, clip.colour.full_range) == (matrix, full)
    # 4:2:0 blends colours at the borders of patches, which no reader can undo; look at their middles.
    inside = (np.indices(picture.shape[:2]) % 16 // 4 % 3 != 0).all(axis=0)
    error = np.abs(frame.sdr.astype(int) - picture)[inside]
    assert error.mean() < 0.6
    assert error.max() <= 2 if "444" in recipe.pix_fmt else 4


def test_the_chart_test_would_notice_a_wrong_matrix(tmp_path):
    picture = chart(*LARGE)
    path = write_clip(tmp_path / "chart.mkv", [picture], replace(LOSSLESS, tags=UNTAGGED, matrix=1))
    _, wrong = _first(path, matrix="bt601")
    assert np.abs(wrong.rgb.astype(int) - picture).mean() > 4


def test_guesses_are_named_and_told(tmp_path):
    path = write_clip(tmp_path / "a.mkv", [chart(*SMALL)], replace(LOSSLESS, tags=UNTAGGED, matrix=6))
    clip = probe(path)
    assert clip.colour == Colour(6, 1, 6, False, ("matrix", "primaries", "transfer", "full_range"))
    assert any("does not state its colour matrix" in note and "BT.601" in note for note in clip.notes)
    whole = probe(write_clip(tmp_path / "b.mkv", [chart(*SMALL)], LOSSLESS))
    assert whole.colour == Colour(1, 1, 1, False)
    assert whole.notes == ()


def test_options_overrule_the_file(tmp_path):
    path = write_clip(tmp_path / "a.mkv", [chart(*SMALL)], replace(LOSSLESS, matrix=6, full=True))
    clip, frame = _first(path, matrix="bt601", range="full")
    assert (clip.colour.matrix, clip.colour.full_range) == (6, True)
    assert np.abs(frame.rgb.astype(int) - chart(*SMALL)).mean() < 0.6
    with pytest.raises(ConfigError, match="bt709"):
        InputOptions(matrix="709")


@pytest.mark.parametrize(
    "pix_fmt", ["yuv420p10le", "yuv422p10le", "yuv444p12le", "yuv444p16le", "gbrp10le", "gbrp12le"]
)
@pytest.mark.parametrize("full", [False, True])
def test_deep_white_is_65535_and_black_is_0(tmp_path, pix_fmt, full):
    ends = np.zeros((32, 64, 3), np.uint16)
    ends[:, 32:] = 65535
    recipe = replace(LOSSLESS, pix_fmt=pix_fmt, full=full, tags=_tags(1, full))
    clip, frame = _first(write_clip(tmp_path / "a.mkv", [ends], recipe))
    assert frame.rgb.dtype == np.uint16
    assert clip.depth > 8
    assert (frame.rgb[:, :30] == 0).all()
    assert (frame.rgb[:, 34:] == 65535).all()
    assert (frame.sdr[:, 34:] == 255).all()


@pytest.mark.parametrize(("pix_fmt", "levels"), [("yuv444p10le", 877), ("yuv420p10le", 877), ("yuv444p12le", 3505)])
def test_a_deep_ramp_keeps_every_level(tmp_path, pix_fmt, levels):
    grey = np.linspace(0, 65535, 4096).round().astype(np.uint16)
    picture = np.repeat(np.tile(grey, (16, 1))[..., None], 3, axis=2)
    _, frame = _first(write_clip(tmp_path / "a.mkv", [picture], replace(LOSSLESS, pix_fmt=pix_fmt)))
    assert len(np.unique(frame.rgb[0, :, 1])) == levels
    assert np.abs(frame.rgb.astype(int) - picture).max() <= 65535 / (levels - 1) / 2 + 1
    assert np.ptp(frame.rgb.astype(int), axis=2).max() <= 1, "grey must stay grey"


@pytest.mark.parametrize(
    "pix_fmt",
    [
        "yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv440p", "yuv410p", "yuvj420p", "yuvj422p", "yuvj444p",
        "yuv420p10le", "yuv420p10be", "yuv422p12le", "gbrp", "gbrp10le", "gbrp16be", "gray", "gray10le", "gray16le",
    ],
)  # fmt: skip
def test_every_planar_layout_is_read_at_its_place(pix_fmt):
    """A slow ramp in all channels: any mistake in siting or plane order shows as a shift."""
    x, y = np.meshgrid(np.linspace(30, 220, 96), np.linspace(40, 200, 64))
    picture = np.stack([x, (x + y) / 2, 250 - y], -1)
    full = pix_fmt.startswith(("yuvj", "gray"))
    if pix_fmt.startswith("gray"):
        picture = np.repeat(x[..., None], 3, axis=2)
    picture = np.round(picture * 257).astype(np.uint16)
    native = pix_fmt.replace("be", "le")
    frame = frame_of(planes_of(picture, Recipe(pix_fmt=native, full=full)), native, 96, 64)
    if pix_fmt.endswith("be"):
        frame = frame.reformat(format=pix_fmt)
    rgb, sdr, _ = Pixels(Colour(full_range=full))(frame)
    error = np.abs(sdr.astype(float) - picture / 257)[4:-4, 8:-8]
    # The generator averages chroma over its block, which is where JPEG has it; MPEG means the left column, which shifts
    # colour by up to 1.5 columns in the mean.
    assert error.mean() < (0.6 if "444" in pix_fmt or pix_fmt.startswith(("g", "yuvj")) else 3.0)
    assert rgb.dtype == (np.uint16 if frame.format.components[0].bits > 8 else np.uint8)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv422p", "yuv411p"])
def test_chroma_sits_on_the_left_column(pix_fmt):
    """Chroma that is a function of its own column comes back on that function, not half a pixel beside it."""
    layout = av.VideoFormat(pix_fmt, 64, 32)
    depth, step = layout.components[0].bits, 64 // layout.components[1].width
    one = 1 << (depth - 8)
    dtype = np.uint8 if depth == 8 else np.uint16
    columns = 96 + np.arange(64 // step) * step
    blue = np.tile((columns * one).astype(dtype), (layout.components[1].height, 1))
    frame = frame_of([np.full((32, 64), 128 * one, dtype), blue, np.full_like(blue, 128 * one)], pix_fmt, 64, 32)
    rgb, _, _ = Pixels(Colour())(frame)
    wanted = c.yuv_to_rgb(np.stack([np.full(64, 128), 96 + np.arange(64), np.full(64, 128)], -1), 1, 8, False, 8)
    got = rgb[16, : 64 - step] // (1 if depth == 8 else 257)
    assert np.abs(got.astype(int) - wanted[: 64 - step]).max() <= 2


@pytest.mark.parametrize(
    "pix_fmt", ["rgb24", "bgr24", "rgba", "argb", "bgra", "abgr", "rgb0", "0bgr", "rgb48le", "rgba64be"]
)
def test_packed_rgb_is_exact(pix_fmt):
    deep = "48" in pix_fmt or "64" in pix_fmt
    pixels = np.random.default_rng(1).integers(0, 65536 if deep else 256, (9, 13, 4))
    letters = pix_fmt[: 3 if "24" in pix_fmt or "48" in pix_fmt else 4]
    order = {"r": 0, "g": 1, "b": 2, "a": 3, "0": 3}
    dtype = np.dtype(">u2" if pix_fmt.endswith("be") else "<u2") if deep else np.dtype("u1")
    packed = pixels[..., [order[letter] for letter in letters]].astype(dtype)
    frame = av.VideoFrame(13, 9, pix_fmt)
    memory = np.zeros((9, frame.planes[0].line_size), np.uint8)
    memory[:, : packed[0].nbytes] = packed.reshape(9, -1).view(np.uint8)
    frame.planes[0].update(memory.tobytes())
    rgb, _, alpha = Pixels(Colour(matrix=0, full_range=True), alpha="a" in pix_fmt)(frame)
    assert np.array_equal(rgb, pixels[..., :3])
    if "a" in pix_fmt:
        assert alpha is not None
        assert np.array_equal(np.round(alpha * (65535 if deep else 255)), pixels[..., 3])


@pytest.mark.parametrize("pix_fmt", ["nv12", "nv16", "yuyv422", "uyvy422", "p010le", "nv21"])
def test_other_packings_of_yuv_lose_nothing(pix_fmt):
    planar = {"nv12": "yuv420p", "nv21": "yuv420p", "p010le": "yuv420p10le"}.get(pix_fmt, "yuv422p")
    plain = frame_of(planes_of(chart(64, 48), Recipe(pix_fmt=planar)), planar, 64, 48)
    same = {"src_color_range": 1, "dst_color_range": 1, "src_colorspace": 1, "dst_colorspace": 1}
    pixels = Pixels(Colour())
    assert np.array_equal(pixels(plain.reformat(format=pix_fmt, **same))[0], pixels(plain)[0])


# 18 % of HDR reference white, 203 cd/m2: by the PQ curve, and by HLG's square root after undoing its gamma of 1.2.
MID_GREY = {16: float(light_to_pq(np.array(0.18 * 203))), 18: (3 * (0.18 * 203 / 1000) ** (1 / 1.2)) ** 0.5}


@pytest.mark.parametrize("transfer", MID_GREY)
def test_hdr_keeps_its_codes_and_gets_an_sdr_look(tmp_path, transfer):
    code = MID_GREY[transfer]
    picture = np.full((48, 64, 3), round(code * 65535), np.uint16)
    recipe = Recipe("libx265", "yuv420p10le", 9, tags=_tags(9, False, 9, transfer), options={**X265, "crf": "2"})
    clip, frame = _first(write_clip(tmp_path / "a.mp4", [picture], recipe))
    assert clip.colour == Colour(9, transfer, 9, False)
    assert clip.colour.hdr
    assert frame.rgb.dtype == np.uint16
    assert np.abs(frame.rgb.astype(int) - picture).max() <= 65535 / 876 + 1
    # 18 % on a display of gamma 2.4 is code 125 of 255.
    assert abs(int(np.median(frame.sdr)) - 125) <= 3


def test_hdr_in_8_bits_is_tone_mapped_too(tmp_path):
    recipe = replace(LOSSLESS, matrix=9, tags=_tags(9, False, 9, 16))
    _, frame = _first(write_clip(tmp_path / "a.mkv", [chart(*SMALL)], recipe))
    assert frame.rgb.dtype == np.uint8
    assert frame.sdr is not frame.rgb
    assert frame.sdr.max() == 255


@pytest.mark.parametrize(
    ("name", "recipe", "stored", "step"),
    [
        (
            "a.mov",
            Recipe("prores_ks", "yuva444p10le", options={"profile": "4444", "alpha_bits": "16"}),
            1023,
            0.4 / 1023,
        ),
        ("a.mkv", Recipe("ffv1", "yuva444p16le", options={"level": "3"}), 65535, 1e-7),
        ("a.webm", Recipe("libvpx-vp9", "yuva420p", options={"lossless": "1"}), 255, 1e-7),
        ("b.webm", Recipe("libvpx", "yuva420p", options={"auto-alt-ref": "0", "crf": "4", "b": "2M"}), 255, 5 / 255),
        ("b.mov", Recipe("qtrle", "argb", options={}), 255, 1e-7),
    ],
)
def test_alpha_is_read_as_stored(tmp_path, name, recipe, stored, step):
    alpha = ramp(stored)
    if recipe.pix_fmt == "argb":
        path = _write_argb(tmp_path / name, alpha)
    else:
        path = write_clip(tmp_path / name, [chart(64, 48)] * 2, recipe, [alpha] * 2)
    clip, frame = _first(path)
    assert clip.has_alpha
    assert frame.alpha is not None
    assert np.abs(frame.alpha - alpha / stored).max() <= step
    if step < 1e-3:
        assert (frame.alpha.min(), frame.alpha.max()) == (0.0, 1.0)


def _write_argb(path, alpha):
    with av.open(str(path), "w") as out:
        stream = out.add_stream("qtrle", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "argb"
        pixels = np.dstack([alpha, chart(64, 48)])
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "argb")
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_colours_that_are_no_matrix_are_refused(tmp_path):
    recipe = replace(LOSSLESS, pix_fmt="yuv444p10le", tags={**TAGGED_709, "colorspace": 14})
    path = write_clip(tmp_path / "a.mkv", [chart(*SMALL)], recipe)
    with pytest.raises(InputError, match="ICtCp"):
        VideoSource(path)
