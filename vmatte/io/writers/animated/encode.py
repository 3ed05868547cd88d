"""Frames and durations into the bytes of an animated image. This is the door for whoever has frames and no run.

    data = encode_animation("gif", frames, [40] * len(frames), GifOptions(matte="#ffffff"))

Frames are (H, W, 4) uint8 straight RGBA and are gone through more than once, so they come as a list, a `Spool`, or
anything else that can be iterated again. Nothing is written to disk, and what comes back has been checked by decoding.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import chain, pairwise
from typing import Any, Protocol

import av
import numpy as np
from av import VideoFrame
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.codeccontext import VideoCodecContext

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.types import Image8
from vmatte.io.writers.animated.check import check_animation
from vmatte.io.writers.animated.edges import colour_of, decided
from vmatte.io.writers.animated.options import (
    GIF_SHORTEST,
    GIF_TICK,
    AnimationOptions,
    ApngOptions,
    GifOptions,
    WebpOptions,
)
from vmatte.io.writers.animated.palette import Palette
from vmatte.io.writers.animated.stated import stated, timed
from vmatte.io.writers.animated.web import encode_webm
from vmatte.io.writers.planes import plane
from vmatte.io.writers.recipe import require_codec
from vmatte.io.writers.vp9 import WebmOptions

_TICK = Fraction(1, 1000)


class Frames(Protocol):
    """RGBA frames that can be gone through again."""

    def __iter__(self) -> Iterator[Image8]: ...
    def __len__(self) -> int: ...


def encode_animation(
    name: str, frames: Frames, durations: Sequence[int], options: AnimationOptions | WebmOptions | None = None
) -> bytes:
    """The bytes of an animation that plays `frames`.

    Args:
        name: `gif`, `apng`, `webp` or `webm`.
        frames: (H, W, 4) uint8 straight RGBA, all of one size.
        durations: Milliseconds of each; GIF rounds the times of changes to hundredths of a second.
        options: Of the output called `name`; the usual choice by default.

    Raises:
        ConfigError: There is no such animation, or the options belong to another.
        OutputError: There is no frame, sizes differ, a duration cannot be kept, or what was written does not play.
    """
    known: dict[str, type[AnimationOptions | WebmOptions]] = {**_OPTIONS, "webm": WebmOptions}
    if name not in known:
        raise ConfigError(f"unknown animation {name!r}: there are {', '.join(known)}")
    chosen = options if options is not None else known[name]()
    if not isinstance(chosen, known[name]):
        raise ConfigError(f"options of {name} must be {known[name].__name__}, not {type(chosen).__name__}")
    _check(name, frames, durations)
    if isinstance(chosen, WebmOptions):
        return encode_webm(frames, durations, chosen)
    assert isinstance(chosen, AnimationOptions)
    made: Iterable[Image8] = frames
    if isinstance(chosen, GifOptions):
        data = _gif(frames, durations, chosen)
        made = _Decided(frames, chosen)
    elif isinstance(chosen, ApngOptions):
        data, made = _apng(frames, durations, chosen)
    else:
        assert isinstance(chosen, WebpOptions)
        data = _webp(frames, durations, chosen)
    check_animation(data, made, _moments(name, durations), chosen.loops)
    return data


_OPTIONS: dict[str, type[AnimationOptions]] = {"gif": GifOptions, "apng": ApngOptions, "webp": WebpOptions}


def _check(name: str, frames: Frames, durations: Sequence[int]) -> None:
    if not len(frames):
        raise OutputError("there was no picture to write")
    if len(frames) != len(durations):
        raise OutputError(f"{len(frames)} frames have {len(durations)} durations")
    shortest = GIF_SHORTEST if name == "gif" else 1
    if min(durations) < shortest - (GIF_TICK // 2 if name == "gif" else 0):
        raise OutputError(
            f"a frame stands {min(durations)} ms: {name} frames stand at least {shortest}; lower the frame rate"
        )
    size = None
    for index, frame in enumerate(frames):
        size = size or frame.shape
        if frame.shape != size or frame.shape[2:] != (4,) or frame.dtype != np.uint8:
            raise OutputError(f"frame {index} is {frame.shape} {frame.dtype}, not (H, W, 4) uint8 like the first")


def _moments(name: str, durations: Sequence[int]) -> list[int]:
    """When each frame begins, and the last one ends, in milliseconds as the format can say it."""
    times = [0, *np.cumsum(durations).tolist()]
    return [GIF_TICK * round(time / GIF_TICK) for time in times] if name == "gif" else times


class _Decided:
    """The frames of a GIF: every pixel there or not."""

    def __init__(self, frames: Frames, options: GifOptions) -> None:
        self._frames, self._options = frames, options
        self._matte = colour_of(options.matte)

    def __iter__(self) -> Iterator[Image8]:
        return (decided(frame, self._options.edge, self._matte) for frame in self._frames)


def _gif(frames: Frames, durations: Sequence[int], options: GifOptions) -> bytes:
    shown = _Decided(frames, options)
    drawn = _mixed(shown, _gif_palette(shown, options.colours), options.dither)
    # FFmpeg counts how often it plays again: -1 is once, 0 for ever.
    again = {0: 0, 1: -1}.get(options.loops, options.loops - 1)
    # FFmpeg 8 crops visible pixels off small frames (measured); its other trick cannot make holes where none were.
    data = _muxed("gif", "gif", "pal8", drawn, {"gifflags": "-offsetting-transdiff"}, {"loop": str(again)})
    return _retimed(data, _moments("gif", durations))


def _gif_palette(shown: _Decided, colours: int) -> VideoFrame:
    """One palette for all frames, clear included."""
    graph = Graph()
    source = graph.add_buffer(**_like(next(iter(shown))))
    fit = graph.add("palettegen", f"max_colors={colours}:reserve_transparent=1:stats_mode=full")
    sink = graph.add("buffersink")
    source.link_to(fit)
    fit.link_to(sink)
    graph.configure()
    for index, pixels in enumerate(shown):
        source.push(_frame(pixels, "rgba", index))
    source.push(None)
    palette = sink.pull()
    assert isinstance(palette, VideoFrame)
    return palette


def _mixed(shown: _Decided, palette: VideoFrame, dither: str) -> Iterator[VideoFrame]:
    """Frames in the colours of `palette`."""
    graph = Graph()
    pictures = graph.add_buffer(**_like(next(iter(shown))))
    colours = graph.add_buffer(width=16, height=16, format=palette.format, time_base=_TICK)
    mix = graph.add("paletteuse", f"alpha_threshold=128:dither={dither}:diff_mode=none")
    sink = graph.add("buffersink")
    pictures.link_to(mix, 0, 0)
    colours.link_to(mix, 0, 1)
    mix.link_to(sink)
    graph.configure()
    palette.pts, palette.time_base = 0, _TICK
    colours.push(palette)
    colours.push(None)
    for index, pixels in enumerate(shown):
        pictures.push(_frame(pixels, "rgba", GIF_TICK * index))
        yield from _pulled(sink)
    pictures.push(None)
    yield from _pulled(sink)


def _like(pixels: Image8) -> dict[str, Any]:
    height, width = pixels.shape[:2]
    return {"width": width, "height": height, "format": av.VideoFormat("rgba"), "time_base": _TICK}


def _pulled(sink: FilterContext) -> Iterator[VideoFrame]:
    """What a filter has ready."""
    with suppress(BlockingIOError, EOFError):
        while True:
            frame = sink.pull()
            assert isinstance(frame, VideoFrame)
            yield frame


def _apng(frames: Frames, durations: Sequence[int], options: ApngOptions) -> tuple[bytes, Iterable[Image8]]:
    # Rows of few colours are not smooth: prediction makes them larger, to twice the size (measured).
    flat = options.flat or options.colours
    settings = {"pred": "none" if flat else "mixed", "compression_level": str(options.effort)}
    muxing = {"plays": str(options.loops)}
    made: Iterable[Image8] = frames
    if options.colours:
        palette = Palette(frames, options.colours)
        made = _InPalette(frames, palette)
        drawn = (_indexed(palette.indices(pixels), palette, index) for index, pixels in enumerate(frames))
        data = _muxed("apng", "apng", "pal8", drawn, settings, muxing)
    else:
        drawn = (_frame(pixels, "rgba", index) for index, pixels in enumerate(frames))
        data = _muxed("apng", "apng", "rgba", drawn, settings, muxing)
    return _retimed(data, _moments("apng", durations)), made


class _InPalette:
    """Frames as a palette shows them."""

    def __init__(self, frames: Frames, palette: Palette) -> None:
        self._frames, self._palette = frames, palette

    def __iter__(self) -> Iterator[Image8]:
        return (self._palette.colours[self._palette.indices(frame)] for frame in self._frames)


def _webp(frames: Frames, durations: Sequence[int], options: WebpOptions) -> bytes:
    settings = {
        "lossless": str(int(options.lossless)),
        "quality": f"{options.quality:g}",
        "compression_level": str(options.effort),
    }
    moments = _moments("webp", durations)
    drawn = (_frame(pixels, "bgra", moments[index]) for index, pixels in enumerate(frames))
    data = _muxed("webp", "libwebp_anim", "bgra", drawn, settings, {"loop": str(options.loops)})
    found = list(stated(data).durations)
    if not found:
        return data
    # The encoder does not know how long the last frame stands.
    kept = [round(duration) for duration in found[:-1]]
    return timed(data, [*kept, moments[-1] - sum(kept)])


def _retimed(data: bytes, moments: list[int]) -> bytes:
    """The file with exact durations; it holds as many frames as there are."""
    return timed(data, [end - start for start, end in pairwise(moments)])


def _frame(pixels: Image8, order: str, pts: int) -> VideoFrame:
    frame = VideoFrame(pixels.shape[1], pixels.shape[0], order)
    target = plane(frame, 0, np.uint8, 4)
    # What is clear has no colour: it would cost bytes.
    shown = np.where(pixels[..., 3:] > 0, pixels, 0) if order == "rgba" else pixels
    target[:] = shown[..., ["rgba".index(letter) for letter in order]]
    frame.pts, frame.time_base = pts, _TICK
    return frame


def _indexed(indices: Image8, palette: Palette, pts: int) -> VideoFrame:
    frame = VideoFrame(indices.shape[1], indices.shape[0], "pal8")
    plane(frame, 0, np.uint8)[:] = indices
    # FFmpeg keeps a palette as 256 native 32-bit ARGB words.
    words = np.zeros(256, np.uint32)
    red, green, blue, alpha = palette.colours.astype(np.uint32).T
    words[: len(palette.colours)] = alpha << 24 | red << 16 | green << 8 | blue
    table: Any = memoryview(frame.planes[1])
    table[: words.nbytes] = words.tobytes()
    frame.pts, frame.time_base = pts, _TICK
    return frame


def _muxed(
    container: str,
    codec: str,
    layout: str,
    drawn: Iterator[VideoFrame],
    settings: dict[str, str],
    muxing: dict[str, str],
) -> bytes:
    require_codec(codec)
    target = io.BytesIO()
    first = next(drawn)
    with av.open(target, "w", format=container, options=muxing) as file:
        stream = file.add_stream(codec, rate=25)
        context = stream.codec_context
        assert isinstance(context, VideoCodecContext)
        context.width, context.height, context.pix_fmt = first.width, first.height, layout
        context.time_base = stream.time_base = _TICK
        context.options, context.thread_count = settings, 1
        for frame in chain((first,), drawn):
            file.mux(context.encode(frame))
        file.mux(context.encode(None))
    return target.getvalue()
