"""Where the picture moved: flow between neighbouring frames at reduced size, and along a window of frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8, Matte, Stream
from vmatte.ops.flow import Flows, both_ways
from vmatte.ops.follow import checked
from vmatte.ops.warp import warp

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# 8-bit codes between a picture and the moved one beside it, the most of the three channels, mean of 5x5 px. Sensor
# noise of 2 and H.264 at CRF 20 leave 4; trust falls to 1/e 12 beyond, three sigma of that noise.
_NOISE, _UNLIKE = 4.0, 12.0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A matte, its picture at reduced size, and the motion since the frame before: None for the first frame."""

    matte: Matte
    small: Image8
    since: Flows | None


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """From a frame to one beside it, at reduced size.

    Attributes:
        flow: (h, w, 2) px.
        valid: (h, w) where going there and back returns to the start.
        trust: (h, w) in [0, 1]: how alike the pictures are along the flow.
    """

    flow: Floats
    valid: Mask
    trust: Floats


def sighted(mattes: Iterator[Matte], rows: int, last: Image8 | None = None) -> Stream[Seen]:
    """Each matte with the motion since the one before, from pictures of at most `rows` rows.

    `last` is the small picture of the frame before the first one.
    """
    grey_last = None if last is None else cast("Image8", cv2.cvtColor(last, cv2.COLOR_RGB2GRAY))
    for matte in mattes:
        small = _reduced(matte.frame.sdr, rows)
        grey = cast("Image8", cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
        known = last is not None and grey_last is not None and last.shape == small.shape
        yield Seen(matte, small, both_ways(cast("Image8", grey_last), grey, 0) if known else None)
        last, grey_last = small, grey


def ways(window: Mapping[int, Seen]) -> dict[int, Way]:
    """From the frame at 0 to each of the others in the window that an unbroken chain of flows leads to."""
    found = {}
    for offset, there in window.items():
        flow = _chained(window, 0, offset) if offset else None
        back = _chained(window, offset, 0) if offset else None
        if flow is None or back is None:
            continue
        found[offset] = Way(flow, checked(flow, back), _likeness(window[0].small, there.small, flow))
    return found


def _chained(window: Mapping[int, Seen], start: int, end: int) -> Floats | None:
    """Flow from one frame of a window to another, step by step."""
    whole: Floats | None = None
    forth = end > start
    for here in range(start, end, 1 if forth else -1):
        since = window[here + 1 if forth else here].since
        if since is None:
            return None
        step = since.forward if forth else since.backward
        whole = step if whole is None else whole + warp(step, whole)
    return whole


def _likeness(here: Image8, there: Image8, flow: Floats) -> Floats:
    red, green, blue = cv2.split(cv2.absdiff(here, warp(there, flow)))
    apart = cv2.blur(cv2.max(cv2.max(red, green), blue).astype(np.float32), (5, 5))
    beyond = np.maximum(apart - np.float32(_NOISE), 0) / np.float32(_UNLIKE)
    return cast("Floats", np.exp(-np.square(beyond)).astype(np.float32))


def _reduced(picture: Image8, rows: int) -> Image8:
    height, width = picture.shape[:2]
    scale = min(1.0, rows / min(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cast("Image8", cv2.resize(picture, size, interpolation=cv2.INTER_AREA)) if scale < 1 else picture
