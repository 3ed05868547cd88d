"""About how large results will be: a few frames are really written, with an oval where the subject may be."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np

from vmatte.core.types import Alpha, Clip, Layer, Matte
from vmatte.io.open import OpenedSource
from vmatte.io.writers import open_writer, output_kind
from vmatte.run.build import Prepared, writer_options
from vmatte.run.outputs import Output
from vmatte.run.plan import Plan

# Enough for the first key frame not to be all there is; few enough to be quick.
_FRAMES = 6
# Half axes of the oval as shares of the frame: a fifth of it, as people in talking-head clips take up.
_WIDE, _HIGH = 0.18, 0.36


def estimated(prepared: Prepared, plan: Plan) -> list[str]:
    """For each output of a prepared job how large it will be, in words."""
    start = prepared.first + max(0, (prepared.total or 0) - _FRAMES) // 2
    stop = start + _FRAMES if prepared.stop is None else min(prepared.stop, start + _FRAMES)
    layers = max(1, len(prepared.hints.objects))
    sizes = bytes_per_frame(prepared.source, (start, stop), prepared.outputs, layers, plan)
    return [_words(output, size, prepared.total) for output, size in zip(prepared.outputs, sizes, strict=True)]


def bytes_per_frame(
    source: OpenedSource, span: tuple[int, int], outputs: Sequence[Output], layers: int, plan: Plan
) -> list[float]:
    """Bytes a frame of each output, found by writing the frames of `span` with a stand-in matte."""
    with closing(source.frames(*span)) as frames:
        oval = _oval(source.clip)
        named = [Layer(f"object{place}", oval) for place in range(layers)]
        found = [Matte(frame, tuple(named)) for frame in frames]
    return [_bytes_per_frame(output, found, plan) for output in outputs]


def _oval(clip: Clip) -> Alpha:
    rows, columns = np.mgrid[: clip.height, : clip.width].astype(np.float32)
    across, down = (columns / clip.width - 0.5) / _WIDE, (rows / clip.height - 0.5) / _HIGH
    # An edge as soft as hair: a tenth of the way out.
    return np.asarray(np.clip((1.05 - np.hypot(across, down)) * 10, 0, 1), np.float32)


def _bytes_per_frame(output: Output, mattes: list[Matte], plan: Plan) -> float:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vmatte-estimate-"))
        path = Path(folder) / f"estimate{output_kind(output.name).extension}"
        options = writer_options(output.name, plan)
        writer = open_writer(output.name, path, output.clip, options=options)
        stack.enter_context(writer)
        for matte in mattes:
            writer.write(output.view(matte))
        writer.finish()
        return writer.facts.bytes / max(1, len(mattes))


def _words(output: Output, size: float, total: int | None) -> str:
    if output.name == "sheet":
        return "a few MB at most"
    if total is None:
        return f"about {in_words(size)} a frame"
    return f"about {in_words(size * total)} without sound"


def in_words(size: float) -> str:
    """Bytes in words, to two figures: more would be a pretence.

    >>> in_words(1234), in_words(56789012)
    ('1.2 kB', '57 MB')
    """
    scale, word = next((pair for pair in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")) if size >= pair[0]), (1e3, "kB"))
    value = size / scale
    return f"{value:.1f} {word}" if value < 10 else f"{value:.0f} {word}"
