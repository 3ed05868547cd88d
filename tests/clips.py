"""Small video files with known content, written with PyAV: every frame carries its own number in its pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.filter import Graph

from vmatte.core import colour as c

BITS = 6
TAGGED_709 = {"colorspace": 1, "color_primaries": 1, "color_trc": 1, "color_range": 1}
UNTAGGED: dict[str, int] = {}


@dataclass(frozen=True)
class Recipe:
    """How a clip is encoded; `matrix` and `full` are what its numbers mean, `tags` what the file says."""

    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    matrix: int = 1
    full: bool = False
    tags: dict[str, int] = field(default_factory=lambda: dict(TAGGED_709))
    options: dict[str, str] = field(default_factory=dict)
    muxing: dict[str, str] = field(default_factory=dict)
    time_base: Fraction = Fraction(1, 25)
    pts: Sequence[int] | None = None
    rotation: int | None = None
    hflip: bool = False
    vflip: bool = False
    aspect: Fraction | None = None
    codec_tag: str | None = None
    sound: bool = False
    fields: str | None = None
    format: str | None = None


def numbered(index: int, width: int = 64, height: int = 48) -> np.ndarray:
    """(H, W, 3) uint8: a soft gradient under a row of black and white blocks that spell `index` in binary."""
    x, y = np.arange(width) / width, np.arange(height)[:, None] / height
    picture = np.stack([80 + 60 * x + 0 * y, 90 + 60 * y + 0 * x, 120 + 30 * (x + y)], -1)
    for bit in range(BITS):
        left = bit * width // BITS
        picture[: height // 3, left : (bit + 1) * width // BITS] = 235 if index >> bit & 1 else 16
    return np.round(picture).astype(np.uint8)


def number_in(rgb: np.ndarray) -> int:
    """The number that `numbered` wrote, read from the middles of its blocks."""
    height, width = rgb.shape[:2]
    top = np.iinfo(rgb.dtype).max
    row = rgb[height // 6, :, 1].astype(float) / top
    return sum(1 << bit for bit in range(BITS) if row[(2 * bit + 1) * width // (2 * BITS)] > 0.5)


def chart(width: int = 192, height: int = 128) -> np.ndarray:
    """(H, W, 3) uint8 patches of 16 pixels: the cube's corners, mid-tones, greys and skin-like colours."""
    levels = (0, 64, 128, 192, 255)
    colours = [(r, g, b) for r in levels for g in levels for b in levels][:96]
    tiles = np.array(colours, np.uint8)[np.arange(width // 16 * (height // 16)) % 96].reshape(height // 16, -1, 3)
    return tiles.repeat(16, axis=0).repeat(16, axis=1)


def planes_of(rgb: np.ndarray, recipe: Recipe) -> list[np.ndarray]:
    """The planes of a planar pixel format, by the exact formulas; chroma is averaged over what shares it."""
    layout = av.VideoFormat(recipe.pix_fmt, rgb.shape[1], rgb.shape[0])
    depth = layout.components[0].bits
    if layout.name.startswith("gbr"):
        top = (1 << depth) - 1
        codes = np.round(rgb.astype(float) * top / c.unit(rgb)).astype(np.uint8 if depth == 8 else np.uint16)
        return [codes[..., 1], codes[..., 2], codes[..., 0]]
    yuv = c.rgb_to_yuv(rgb, recipe.matrix, depth, recipe.full)
    if layout.name.startswith("gray"):
        return [yuv[..., 0]]
    chroma = layout.components[1]
    step = (-(-rgb.shape[0] // chroma.height), -(-rgb.shape[1] // chroma.width))
    return [yuv[..., 0], *(_shrunk(yuv[..., index], step) for index in (1, 2))]


def _shrunk(plane: np.ndarray, step: tuple[int, int]) -> np.ndarray:
    rows, columns = (-plane.shape[axis] % step[axis] for axis in (0, 1))
    padded = np.pad(plane, ((0, rows), (0, columns)), mode="edge").astype(float)
    blocks = padded.reshape(padded.shape[0] // step[0], step[0], padded.shape[1] // step[1], step[1])
    shrunk: np.ndarray = np.round(blocks.mean(axis=(1, 3))).astype(plane.dtype)
    return shrunk


def frame_of(planes: Sequence[np.ndarray], pix_fmt: str, width: int, height: int) -> av.VideoFrame:
    """A frame whose planes hold exactly these numbers."""
    frame = av.VideoFrame(width, height, pix_fmt)
    for plane, numbers in zip(frame.planes, planes, strict=True):
        memory = np.zeros((plane.height, plane.line_size // numbers.itemsize), numbers.dtype)
        memory[:, : numbers.shape[1]] = numbers
        plane.update(memory.tobytes())
    return frame


def write_clip(
    path: Path, pictures: Iterable[np.ndarray], recipe: Recipe | None = None, alphas: Iterable[np.ndarray] = ()
) -> Path:
    """Encodes (H, W, 3) pictures, with integer alpha planes if given, and returns the path."""
    recipe = recipe or Recipe()
    pictures, alphas = list(pictures), list(alphas)
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w", format=recipe.format, options=dict(recipe.muxing)) as out:
        stream: Any = out.add_stream(recipe.codec, rate=round(1 / recipe.time_base), options=dict(recipe.options))
        _configure(stream, recipe, width, height)
        sound = _sound_stream(out) if recipe.sound else None
        for index, picture in enumerate(pictures):
            planes = planes_of(picture, recipe) + ([alphas[index]] if alphas else [])
            frame = frame_of(planes, recipe.pix_fmt, width, height)
            frame.pts = recipe.pts[index] if recipe.pts is not None else index
            frame.time_base = recipe.time_base
            for name, value in recipe.tags.items():
                setattr(frame, name, value)
            out.mux(stream.encode(_marked(frame, recipe.fields) if recipe.fields else frame))
        out.mux(stream.encode(None))
        if sound is not None:
            _write_sound(out, sound, len(pictures) * recipe.time_base)
    return path


def _marked(frame: av.VideoFrame, fields: str) -> av.VideoFrame:
    """A frame that says which of its fields comes first: `tff` or `bff`."""
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    mark, sink = graph.add("setfield", fields), graph.add("buffersink")
    source.link_to(mark)
    mark.link_to(sink)
    graph.configure()
    graph.vpush(frame)
    marked = graph.vpull()
    marked.pts, marked.time_base = frame.pts, frame.time_base
    return marked


def _configure(stream: Any, recipe: Recipe, width: int, height: int) -> None:
    stream.width, stream.height, stream.pix_fmt = width, height, recipe.pix_fmt
    stream.codec_context.time_base = stream.time_base = recipe.time_base
    for name, value in recipe.tags.items():
        setattr(stream.codec_context, name, value)
    if recipe.aspect is not None:
        stream.codec_context.sample_aspect_ratio = recipe.aspect
    if recipe.codec_tag is not None:
        stream.codec_context.codec_tag = recipe.codec_tag
    if recipe.rotation is not None or recipe.hflip or recipe.vflip:
        stream.set_display_rotation(recipe.rotation or 0, recipe.hflip, recipe.vflip)


def _sound_stream(out: Any) -> Any:
    return out.add_stream("aac", rate=48000)


def _write_sound(out: Any, stream: Any, seconds: Fraction) -> None:
    for start in range(0, max(2048, int(seconds * 48000)), 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def write_sound_only(path: Path) -> Path:
    """A file with an audio stream and nothing else."""
    with av.open(str(path), "w") as out:
        _write_sound(out, _sound_stream(out), Fraction(1))
    return path
