"""Motion between the frames of a clip, found once and shared by every score and every matte of that clip."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8
from vmatte.ops.follow import checked

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

#: Frames with more rows are scored on a smaller copy.
MOST_ROWS = 720


@dataclass(frozen=True, eq=False)
class Motion:
    """Between two neighbouring frames.

    Attributes:
        forward: (H, W, 2) float32 px, from the first to the second.
        backward: (H, W, 2) from the second to the first.
    """

    forward: Floats
    backward: Floats

    @cached_property
    def forward_valid(self) -> Mask:
        """Where the first frame's motion survives the way there and back."""
        return checked(self.forward, self.backward)

    @cached_property
    def backward_valid(self) -> Mask:
        """The same for the second frame's."""
        return checked(self.backward, self.forward)


def motion(before: Image8, after: Image8, pool: Executor | None = None) -> Motion:
    """DIS flow both ways, medium preset down to the finest scale, between two (H, W, 3) RGB frames.

    Args:
        before: The first frame.
        after: The second.
        pool: Finds the way back meanwhile, if there is one; a core for each way.
    """
    one, other = (cast("Image8", cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)) for frame in (before, after))
    back = None if pool is None else pool.submit(_flow, other, one)
    forward = _flow(one, other)
    return Motion(forward, _flow(other, one) if back is None else back.result())


def reduction(rows: int) -> int:
    """By what whole factor frames of that height are reduced before they are scored.

    >>> reduction(720), reduction(1080), reduction(2160)
    (1, 2, 3)
    """
    return -(-rows // MOST_ROWS)


def scored(image: NDArray[np.uint8] | Floats) -> NDArray[np.uint8] | Floats:
    """A frame or matte at the size it is scored at, by area averaging."""
    factor = reduction(image.shape[0])
    if factor == 1:
        return image
    size = max(1, round(image.shape[1] / factor)), max(1, round(image.shape[0] / factor))
    return cast("NDArray[np.uint8]", cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _flow(before: Image8, after: Image8) -> Floats:
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    # A quarter less error at edges than the preset's own scale 1, on the clips the scores were designed with.
    search.setFinestScale(0)
    # DIS refuses pictures under 12 px on both sides.
    height, width = before.shape
    pad = (0, max(0, 16 - height)), (0, max(0, 16 - width))
    before, after = (np.pad(grey, pad, mode="edge") for grey in (before, after))
    flow = search.calc(before, after, cast("Floats", None))[:height, :width]
    return cast("Floats", np.ascontiguousarray(flow))
