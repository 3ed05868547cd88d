"""A few frames from anywhere in a clip: for previews, plates and automatic choices.

decord fetches them fastest where it is present and can be trusted: on plain 8-bit clips with stated colours and closed
groups of pictures (it returns the wrong frame before an open one), and only after its frame count, its picture size and
the first and last frame asked for agree with PyAV's. Everything else is fetched by seeking with PyAV.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from vmatte.core.types import Clip, Image8
from vmatte.io.open import open_source
from vmatte.io.options import InputOptions
from vmatte.io.sequence import SequenceSource
from vmatte.io.video import VideoSource

log = logging.getLogger(__name__)

# FFmpeg's scaler, which decord shows, rounds down: 1.1 to 1.2 of 255 in the mean on a natural clip at 1280x720.
# Another range costs 8 and more, another frame or orientation more than that.
_SAME = 2.0


def sample_frames(
    clip: Path | str | VideoSource | SequenceSource,
    count: int = 5,
    indices: Sequence[int] | None = None,
    options: InputOptions | None = None,
) -> list[tuple[int, Image8]]:
    """Frames for looking at: (H, W, 3) uint8 RGB with their numbers, ascending.

    Args:
        clip: A path or an opened source.
        count: How many, spread evenly from the first to the last.
        indices: Which ones, instead of `count`; numbers outside the clip are left out.
        options: How to read a clip given as a path.

    Raises:
        InputError: The clip cannot be read.
    """
    source = clip if isinstance(clip, VideoSource | SequenceSource) else open_source(clip, options)
    total = source.count()
    wanted = spread(total, count) if indices is None else sorted({index for index in indices if 0 <= index < total})
    if isinstance(source, VideoSource) and len(wanted) > 2 and suits_decord(source.clip) and source.seeks_simply():
        found = _by_decord(source, wanted, total)
        if found is not None:
            return found
    return _by_seeking(source, wanted)


def spread(total: int, count: int) -> list[int]:
    """`count` numbers from 0 to `total - 1`, evenly apart; fewer if there are not so many.

    >>> spread(10, 4), spread(2, 5), spread(10, 1)
    ([0, 3, 6, 9], [0, 1], [5])
    """
    if count == 1:
        return [total // 2]
    return sorted({round(index) for index in np.linspace(0, total - 1, min(count, total)).tolist()})


def suits_decord(clip: Clip) -> bool:
    """Whether decord shows a clip as we do: it knows no depth above 8 bits, no alpha, no HDR, and guesses BT.601."""
    plain = clip.depth == 8 and not clip.colour.hdr and not clip.has_alpha and not clip.interlaced
    return plain and "matrix" not in clip.colour.guessed and not any("deinterlaced" in note for note in clip.notes)


def _by_seeking(source: VideoSource | SequenceSource, wanted: Sequence[int]) -> list[tuple[int, Image8]]:
    found = []
    for index in wanted:
        with closing(source.frames(index, index + 1)) as frames:
            found += [(frame.index, frame.sdr) for frame in frames]
    return found


def _by_decord(source: VideoSource, wanted: Sequence[int], total: int) -> list[tuple[int, Image8]] | None:
    """None if decord is not there, fails, or shows something else than PyAV does."""
    try:
        import decord

        decord.logging.set_level(decord.logging.QUIET)
        reader: Any = decord.VideoReader(str(source.clip.path), ctx=decord.cpu(0), num_threads=1)
        if len(reader) != total:
            log.info("decord counts %d frames where there are %d; reading with PyAV", len(reader), total)
            return None
        batch: Any = reader.get_batch(list(wanted)).asnumpy()
    except Exception as error:  # decord raises what it likes, from ImportError to its own kinds
        log.info("decord cannot read %s (%s); reading with PyAV", source.clip.path, str(error).splitlines()[:1])
        return None
    ends = _by_seeking(source, [wanted[0], wanted[-1]])
    if len(ends) < 2 or not _agree(batch[0], ends[0][1]) or not _agree(batch[-1], ends[1][1]):
        log.info("decord shows %s differently; reading with PyAV", source.clip.path)
        return None
    return [ends[0], *zip(wanted[1:-1], batch[1:-1], strict=True), ends[1]]


def _agree(one: Image8, other: Image8) -> bool:
    return one.shape == other.shape and float(np.abs(one.astype(np.int16) - other).mean()) < _SAME
