"""Reads an animated image back and compares what it shows, and when, with what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import cv2
import numpy as np

from vmatte.core.errors import OutputError
from vmatte.core.types import Image8
from vmatte.io.writers.animated.stated import Stated, stated

_UNREAD = "do not use it; run again, and if it happens again report a bug with this line"
# Decoded at a time.
_BATCH = 32


def check_animation(data: bytes, meant: Iterable[Image8], moments: list[int], loops: int) -> None:
    """Compares the alpha that an animation shows with the frames it was made of.

    Args:
        data: The file.
        meant: (H, W, 4) frames.
        moments: When each begins, and the last one ends, in milliseconds.
        loops: How often it is to play; 0 for ever.

    Raises:
        OutputError: A frame shows another alpha, at another time, or the length or number of plays differs.
    """
    found = stated(data)
    if not found.durations:
        _check_still(data, meant)
        return
    if sum(found.durations) != moments[-1]:
        raise OutputError(f"the {found.kind} plays {float(sum(found.durations)):g} ms, not {moments[-1]}: {_UNREAD}")
    if found.loops != loops:
        raise OutputError(f"the {found.kind} plays {found.loops} times, not {loops}: {_UNREAD}")
    shown = _shown(data, found)
    until, alpha = next(shown)
    for index, frame in enumerate(meant):
        while until <= moments[index]:
            until, alpha = next(shown)
        if not np.array_equal(alpha, frame[..., 3]):
            raise OutputError(f"the alpha of frame {index} of the {found.kind} is not what was written: {_UNREAD}")


def _check_still(data: bytes, meant: Iterable[Image8]) -> None:
    """One frame alone, or several that are alike, become a still image."""
    (shown,) = decoded(data)
    if not all(np.array_equal(shown[..., 3], frame[..., 3]) for frame in meant):
        raise OutputError(f"the alpha of the picture is not what was written: {_UNREAD}")


def decoded(data: bytes) -> Iterator[Image8]:
    """The stored frames of an animated image as a viewer shows them, (H, W, 4) uint8 straight RGBA.

    Raises:
        OutputError: It cannot be decoded.
    """
    coded = np.frombuffer(data, np.uint8)
    start = 0
    while not start or start % _BATCH == 0:
        done, animation = cv2.imdecodeanimation(coded, start=start, count=_BATCH)
        if not done or not animation.frames:
            break
        for frame in animation.frames:
            order = cv2.COLOR_BGRA2RGBA if frame.shape[2] == 4 else cv2.COLOR_BGR2RGBA
            yield np.asarray(cv2.cvtColor(frame, order), np.uint8)
        start += len(animation.frames)
    if not start:
        raise OutputError(f"the animation cannot be read back: {_UNREAD}")


def _shown(data: bytes, found: Stated) -> Iterator[tuple[Fraction, Image8]]:
    """Until when each stored frame stands, and its alpha."""
    end = Fraction(0)
    for duration, frame in zip(found.durations, decoded(data), strict=True):
        end += duration
        yield end, frame[..., 3]
