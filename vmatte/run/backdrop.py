"""What a subject is shown over: a colour, a picture, a video, or the checkerboard that stands for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from vmatte.core import colour as c
from vmatte.core.errors import ConfigError
from vmatte.core.light import BT2020_TO_709, from_linear, linear_table
from vmatte.core.types import Clip, Frame, Image, Image8, Stream
from vmatte.io.open import clip_at, open_source

CHECKER = "checker"
# Two greys of near equal brightness that every picture stands out from, in squares of this share of the height.
_GREYS, _SQUARES = (120, 150), 18
_SRGB = 13


class Backdrop(Protocol):
    """Gives what stands behind each frame of one clip, in its size and codes."""

    def at(self, frame: Frame) -> Image: ...
    def begin(self, pts: int) -> None: ...
    def close(self) -> None: ...


def backdrop(text: str, clip: Clip) -> Backdrop:
    """The backdrop a user names, for a clip.

    Args:
        text: `checker`, a colour `#rrggbb`, or a picture or video; empty is the checkerboard.
        clip: Whose subject will stand before it.

    Raises:
        ConfigError: The text is no colour and no file.
        InputError: The file cannot be read.
    """
    if text in ("", CHECKER):
        return Unmoved(_checker(clip), clip)
    if re.fullmatch("#[0-9a-fA-F]{6}", text):
        colour = np.array([int(text[at : at + 2], 16) for at in (1, 3, 5)], np.uint8)
        return Unmoved(np.broadcast_to(colour, (clip.height, clip.width, 3)), clip)
    if not Path(text).exists():
        raise ConfigError(f"--over {text!r} is no file, and no colour such as #204080, and not {CHECKER}")
    return Moving(Path(text), clip)


class Unmoved:
    """The same picture behind every frame."""

    def __init__(self, picture: Image, clip: Clip) -> None:
        self._picture = recoded(picture, clip)

    def at(self, frame: Frame) -> Image:
        """The picture."""
        return self._picture

    def begin(self, pts: int) -> None:
        """It does not matter when."""

    def close(self) -> None:
        """There is nothing to close."""


class Moving:
    """A file: it fills the frame, plays from its start at the run's first frame, and again when it is over."""

    def __init__(self, path: Path, clip: Clip) -> None:
        self._clip = clip
        clip_at(path)  # that it can be read is known before the first frame is worked on
        self._pictures = _timed(path)
        self._began: int | None = None
        self._ahead: tuple[Fraction, Image] | None = None
        self._index = -1
        self._picture: Image = np.zeros((0, 0, 3), np.uint8)

    def at(self, frame: Frame) -> Image:
        """The picture that is due; the same again when asked for the same frame."""
        if self._began is None:
            self.begin(frame.pts)
        assert self._began is not None
        if self._index != frame.index:
            self._index = frame.index
            due, latest = (frame.pts - self._began) * self._clip.time_base, None
            while self._ahead is not None and self._ahead[0] <= due:
                latest, self._ahead = self._ahead[1], next(self._pictures, None)
            if latest is not None:
                self._picture = recoded(filling(latest, self._clip), self._clip)
        return self._picture

    def begin(self, pts: int) -> None:
        """Plays from that time of the run's clip on."""
        self._began = pts
        self._ahead = next(self._pictures)

    def close(self) -> None:
        """Closes the file."""
        self._pictures.close()


def _timed(path: Path) -> Stream[tuple[Fraction, Image]]:
    """Pictures of a file and when they are due, round and round; one for ever if there is only one."""
    offset = Fraction(0)
    with open_source(path) as source:
        clip = source.clip
        while True:
            count, end = 0, offset
            with closing(source.frames()) as frames:
                for first, frame in _with_first(frames):
                    at = offset + (frame.pts - first) * clip.time_base
                    end = at + (frame.duration * clip.time_base or 1 / clip.rate)
                    count += 1
                    yield at, (frame.sdr if clip.colour.hdr else frame.rgb)
            if count <= 1:
                return
            offset = end


def _with_first(frames: Iterator[Frame]) -> Iterator[tuple[int, Frame]]:
    first: int | None = None
    for frame in frames:
        first = frame.pts if first is None else first
        yield first, frame


def filling(picture: Image, clip: Clip) -> Image:
    """`picture` scaled to cover the clip's frame, its middle kept."""
    height, width = picture.shape[:2]
    if (width, height) == (clip.width, clip.height):
        return picture
    scale = max(clip.width / width, clip.height / height)
    size = (max(clip.width, round(width * scale)), max(clip.height, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    large: Any = cv2.resize(picture, size, interpolation=how)
    top, left = (size[1] - clip.height) // 2, (size[0] - clip.width) // 2
    return np.ascontiguousarray(large[top : top + clip.height, left : left + clip.width])


def recoded(picture: Image, clip: Clip) -> Image:
    """An SDR picture in the codes of the clip: at its depth, and for HDR with white at reference white."""
    if clip.colour.hdr:
        light = linear_table(_SRGB, 8 * picture.dtype.itemsize)[picture]
        if clip.colour.primaries == 9:
            light = light @ np.linalg.inv(BT2020_TO_709).T.astype(np.float32)
        codes = from_linear(np.maximum(light, 0), clip.colour.transfer) * 65535
        return np.rint(np.clip(codes, 0, 65535)).astype(np.uint16)
    if clip.depth > 8:
        return picture if picture.dtype == np.uint16 else c.to_bits16(picture)  # type: ignore[arg-type]
    return picture if picture.dtype == np.uint8 else c.to_bits8(picture)  # type: ignore[arg-type]


def _checker(clip: Clip) -> Image8:
    side = max(2, clip.height // _SQUARES)
    rows, columns = np.indices((clip.height, clip.width)) // side
    grey = np.where((rows + columns) % 2, *_GREYS).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)
