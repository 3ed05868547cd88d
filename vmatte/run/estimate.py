"""About how large results will be: a few frames are really written, with a stand-in for the subject."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vmatte.core.types import Alpha, Clip, Frame, Layer, Matte, Picture
from vmatte.io.open import OpenedSource
from vmatte.io.writers import open_writer, output_kind
from vmatte.ops.guided import guided, lifted
from vmatte.run.build import Prepared, writer_options
from vmatte.run.outputs import Output
from vmatte.run.plan import Plan

# Enough to tell what the first frame takes from what each of the others does; few enough to be quick.
_FRAMES = 6
# Half axes of the oval as shares of the frame: a fifth of it, as people in talking-head clips take up.
_WIDE, _HIGH = 0.17, 0.34
# The oval moves by this share of the frame's width from frame to frame, and its edge follows the picture's within this
# share of its height: without, a matte coded by its changes would cost nothing.
_DRIFT, _HAIR = 0.004, 0.012
# Variance of the guide that counts as flat, as in the guided filter's paper for matting.
_FLAT = 1e-4


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of an output.

    Attributes:
        first: Of a file of one frame.
        each: Of every further frame.
    """

    first: float
    each: float

    def of(self, frames: int) -> float:
        """Bytes of so many frames.

        >>> Size(100, 10).of(3)
        120
        """
        return self.first + self.each * max(0, frames - 1)


def estimated(prepared: Prepared, plan: Plan) -> list[str]:
    """For each output of a prepared job how large it will be, in words."""
    start = prepared.first + max(0, (prepared.total or 0) - _FRAMES) // 2
    stop = start + _FRAMES if prepared.stop is None else min(prepared.stop, start + _FRAMES)
    layers = max(1, len(prepared.hints.objects))
    found = sizes(prepared.source, (start, stop), prepared.outputs, layers, plan)
    return [_words(output, size, prepared.total) for output, size in zip(prepared.outputs, found, strict=True)]


def sizes(
    source: OpenedSource, span: tuple[int, int], outputs: Sequence[Output], layers: int, plan: Plan
) -> list[Size]:
    """What each output takes, found by writing the frames of `span` with a stand-in matte."""
    with closing(source.frames(*span)) as frames:
        found = [_matte(frame, source.clip, layers) for frame in frames]
    return [_size(output, found, plan) for output in outputs]


def _matte(frame: Frame, clip: Clip, layers: int) -> Matte:
    radius = max(1, round(_HAIR * clip.height))
    alpha = np.clip(guided(lifted(frame.sdr), _oval(clip, frame.index), radius, _FLAT), 0, 1)
    return Matte(frame, tuple(Layer(f"object{place}", alpha) for place in range(layers)))


def _oval(clip: Clip, index: int) -> Alpha:
    rows, columns = np.mgrid[: clip.height, : clip.width].astype(np.float32)
    # There and back again within 24 frames, so that long clips keep it in view.
    drift = _DRIFT * abs((index + 12) % 24 - 12)
    across, down = (columns / clip.width - 0.45 - drift) / _WIDE, (rows / clip.height - 0.5) / _HIGH
    # An edge as soft as hair: a tenth of the way out.
    return np.asarray(np.clip((1.05 - np.hypot(across, down)) * 10, 0, 1), np.float32)


def _size(output: Output, mattes: list[Matte], plan: Plan) -> Size:
    pictures = [output.view(matte) for matte in mattes]
    whole = _bytes(output, pictures, plan)
    if len(pictures) < 2:
        return Size(whole, whole)
    first = _bytes(output, pictures[:1], plan)
    return Size(first, max(0.0, (whole - first) / (len(pictures) - 1)))


def _bytes(output: Output, pictures: list[Picture], plan: Plan) -> float:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vmatte-estimate-"))
        path = Path(folder) / f"estimate{output_kind(output.name).extension}"
        options = writer_options(output.name, plan)
        writer = open_writer(output.name, path, output.clip, options=options)
        stack.enter_context(writer)
        for picture in pictures:
            writer.write(picture)
        writer.finish()
        return float(writer.facts.bytes)


def _words(output: Output, size: Size, total: int | None) -> str:
    if output.name == "sheet":
        return "a few MB at most"
    if total is None:
        return f"about {in_words(size.each)} a frame"
    return f"about {in_words(size.of(total))} without sound"


def in_words(size: float) -> str:
    """Bytes in words, to two figures: more would be a pretence.

    >>> in_words(1234), in_words(56789012)
    ('1.2 kB', '57 MB')
    """
    scale, word = next((pair for pair in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")) if size >= pair[0]), (1e3, "kB"))
    value = size / scale
    return f"{value:.1f} {word}" if value < 10 else f"{value:.0f} {word}"
