"""A picture of a finished sticker as chats show it: some frames, on light and on dark, at its size and small."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from vmatte.core.types import Image8
from vmatte.io.sample import spread
from vmatte.io.writers.animated.writer import reduced
from vmatte.run.emoji.account import shown_frames
from vmatte.run.emoji.fit import placed

# About what the light and the dark themes of chats have behind messages.
BACKGROUNDS = ((255, 255, 255), (49, 51, 56))
_FRAMES, _GAP = 6, 10
# Larger files are shown at this size, and all of them as small as in a line of text.
_LARGE, _SMALL = 256, 32


def preview(path: Path) -> Image8:
    """(H, W, 3) a row of frames for each background, read from the file itself.

    Raises:
        VmatteError: It cannot be decoded.
    """
    count = sum(1 for _ in shown_frames(path))
    wanted = set(spread(count, _FRAMES))
    frames = [frame for index, frame in enumerate(shown_frames(path)) if index in wanted]
    return np.concatenate([_row(frames, colour) for colour in BACKGROUNDS])


def _row(frames: list[Image8], colour: tuple[int, int, int]) -> Image8:
    large = [reduced(frame, _LARGE) for frame in frames]
    height, width = large[0].shape[:2]
    cells = []
    for frame, first in zip(large, frames, strict=True):
        small = reduced(first, _SMALL)
        below = placed(small, width, _SMALL)
        cells.append(np.concatenate([placed(frame, width + _GAP, height + _GAP), _widened(below, width + _GAP)]))
    row = np.concatenate(cells, axis=1)
    row = placed(row, row.shape[1] + _GAP, row.shape[0] + _GAP)
    alpha = row[..., 3:].astype(np.float32) / 255
    mixed = row[..., :3] * alpha + np.array(colour, np.float32) * (1 - alpha)
    return np.asarray(np.rint(mixed), np.uint8)


def _widened(rgba: Image8, width: int) -> Image8:
    return placed(rgba, width, rgba.shape[0])


def as_png(picture: Image8) -> bytes:
    """The bytes of a PNG."""
    done, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return bytes(data.tobytes())
