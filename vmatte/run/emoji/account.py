"""What a finished animation is, found by decoding it, whoever made it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vmatte.core.errors import InputError, VmatteError
from vmatte.core.light import srgb_to_linear
from vmatte.core.types import Image8, Picture, Stream
from vmatte.io.open import OpenedSource, open_source
from vmatte.io.writers.animated.check import decoded
from vmatte.io.writers.animated.stated import stated
from vmatte.io.writers.animated.writer import rgba8
from vmatte.run.emoji.fit import Box, union

_WEBM = b"\x1a\x45\xdf\xa3"
# IHDR's colour type of a palette: PNG specification, 11.2.1.
_PALETTE, _COLOUR_TYPE = 3, 25
# A flash is a pair of opposing changes of a tenth of the range of luminance: WCAG 2.2, general flash.
_FLASH = 0.1
_LUMA = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True, slots=True)
class Account:
    """A file as a viewer finds it.

    Attributes:
        kind: gif, apng, webp, webm; png, gif or webp of one frame are still.
        codec: Of the pictures.
        size: In bytes.
        width: Of the canvas.
        height: Of the canvas.
        frames: As decoded.
        durations: Milliseconds of each stored frame; empty for a still.
        loops: How often it plays, 0 for ever; None where the format does not say.
        alpha: Whether a pixel of it is clear or soft.
        shows: Whether the first frame has something to show.
        audio: How many streams of sound.
        palette: Whether colours come from a palette, which GIF always has.
        box: What of the canvas is ever seen; None when nothing is.
        flashes: Most changes of brightness, up and down, within a second.
        damage: What of it is missing or broken, in words; empty when it is whole.
    """

    kind: str
    codec: str
    size: int
    width: int
    height: int
    frames: int
    durations: tuple[float, ...]
    loops: int | None
    alpha: bool
    shows: bool
    audio: int
    palette: bool
    box: Box | None
    flashes: int
    damage: str = ""

    @property
    def seconds(self) -> float:
        """One playback."""
        return sum(self.durations) / 1000


def shown_frames(path: Path) -> Iterator[Image8]:
    """The frames of an animation, (H, W, 4) uint8 straight.

    Raises:
        VmatteError: It cannot be decoded.
    """
    data = _bytes(path)
    if data[:4] == _WEBM:
        with closing(_video_frames(open_source(path))) as frames:
            yield from frames
    else:
        yield from decoded(data)


def account(path: Path) -> Account:
    """Decodes a file from the first to the last frame.

    Raises:
        InputError: It is no GIF, PNG, WebP or WebM, or cannot be decoded.
    """
    data = _bytes(path)
    try:
        return _of_video(path, data) if data[:4] == _WEBM else _of_image(path, data)
    except InputError:
        raise
    except (VmatteError, ValueError, cv2.error) as error:
        raise InputError(f"{path}: cannot be decoded, it is damaged or cut short") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def _of_image(path: Path, data: bytes) -> Account:
    try:
        found = stated(data)
    except InputError as error:
        raise InputError(f"{path}: no GIF, PNG, WebP or WebM, or cut short") from error
    durations = tuple(float(duration) for duration in found.durations)
    looks = _Looks(durations)
    for frame in decoded(data):
        looks.add(frame)
    kind = "png" if found.kind == "apng" and not durations else found.kind
    missing = len(durations) - looks.count if durations else 0
    return Account(
        kind=kind,
        codec=found.kind,
        size=len(data),
        width=looks.width,
        height=looks.height,
        frames=looks.count,
        durations=durations,
        loops=found.loops if durations else None,
        alpha=looks.alpha,
        shows=looks.shows,
        audio=0,
        palette=found.kind == "gif" or (found.kind == "apng" and data[_COLOUR_TYPE] == _PALETTE),
        box=looks.box,
        flashes=looks.flashes(),
        damage=f"{missing} of {len(durations)} frames cannot be decoded" if missing else "",
    )


def _of_video(path: Path, data: bytes) -> Account:
    source = open_source(path)
    clip = source.clip
    times: list[float] = []
    usual = float(1000 / clip.rate)
    with closing(source.frames()) as frames:
        for frame in frames:
            times.append(float(frame.pts * clip.time_base * 1000))
            last = float(frame.duration * clip.time_base * 1000) or usual
    ends = [*times[1:], max(times[-1] + last, float((clip.duration or 0) * 1000))]
    durations = tuple(end - begin for begin, end in zip(times, ends, strict=True))
    looks = _Looks(durations)
    for pixels in _video_frames(source):
        looks.add(pixels)
    return Account(
        kind="webm",
        codec=clip.codec,
        size=len(data),
        width=clip.width,
        height=clip.height,
        frames=looks.count,
        durations=durations,
        loops=None,
        alpha=looks.alpha,
        shows=looks.shows,
        audio=clip.audio_streams,
        palette=False,
        box=looks.box,
        flashes=looks.flashes(),
        damage="; ".join(dict.fromkeys(source.warnings)),
    )


def _video_frames(source: OpenedSource) -> Stream[Image8]:
    with closing(source.frames()) as frames:
        for frame in frames:
            yield rgba8(Picture(0, 0, 0, frame.rgb, frame.alpha), source.clip)


class _Looks:
    """What frames show, gathered one by one."""

    def __init__(self, durations: tuple[float, ...]) -> None:
        self._durations = durations
        self._light: list[float] = []
        self.count = self.width = self.height = 0
        self.alpha = self.shows = False
        self.box: Box | None = None

    def add(self, rgba: Image8) -> None:
        """One more frame."""
        self.height, self.width = rgba.shape[:2]
        opacity = rgba[..., 3]
        self.alpha = self.alpha or bool((opacity < 255).any())
        left, top, width, height = cv2.boundingRect((opacity > 0).astype(np.uint8))
        if width:
            self.shows = self.shows or self.count == 0
            self.box = union([self.box, (left, top, left + width, top + height)])
        small = cv2.resize(rgba, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float64) / 255
        # Over middle grey, as the background is not known.
        mixed = small[..., :3] * small[..., 3:] + 0.5 * (1 - small[..., 3:])
        self._light.append(float((srgb_to_linear(mixed) @ np.array(_LUMA)).mean()))
        self.count += 1

    def flashes(self) -> int:
        """Most pairs of opposing changes within one second."""
        if len(self._durations) != len(self._light):
            return 0
        begins = np.cumsum([0.0, *self._durations[:-1]])
        turns = [float(begins[place]) for place in _turns(self._light)]
        return max((sum(begin <= turn < begin + 1000 for turn in turns) // 2 for begin in turns), default=0)


def _turns(light: list[float]) -> Iterator[int]:
    """Where brightness has changed by a flash's worth, and against the change before."""
    extreme, direction = light[0], 0
    for place, value in enumerate(light):
        if abs(value - extreme) >= _FLASH and np.sign(value - extreme) != direction:
            direction = int(np.sign(value - extreme))
            extreme = value
            yield place
        elif (value - extreme) * direction > 0:
            extreme = value
