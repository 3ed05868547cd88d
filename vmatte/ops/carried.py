"""A matte and its neighbours in time, moved onto it by optical flow.

Their median forgets a slip of one frame; where their trimaps disagree, something is unknown.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from vmatte.core.types import Alpha, Image8
from vmatte.ops.flow import Floats, dense
from vmatte.ops.trimap import UNKNOWN
from vmatte.ops.warp import warp

#: Flow is computed on pictures shrunk to this many rows.
ROWS = 540


def motion(here: Image8, there: Image8, rows: int = ROWS) -> Floats:
    """Where each pixel of one (H, W, 3) uint8 picture is in another: (H, W, 2) px.

    >>> flat = np.full((32, 32, 3), 128, np.uint8)
    >>> float(abs(motion(flat, flat)).max())
    0.0
    """
    one, other = (cast("Image8", cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) for picture in (here, there))
    return dense(one, other, rows)


def carried_median(before: Alpha, here: Alpha, after: Alpha, back: Floats, forth: Floats) -> Alpha:
    """Median of a matte and its two neighbours moved onto it.

    Args:
        before: (H, W) float32.
        here: Likewise.
        after: Likewise.
        back: (H, W, 2) where the frame's pixels were in the frame before.
        forth: Where they are in the frame after.

    Returns:
        (H, W) float32.

    >>> still, same, slip = np.zeros((4, 4, 2), np.float32), np.zeros((4, 4), np.float32), np.ones((4, 4), np.float32)
    >>> float(carried_median(same, slip, same, still, still).max())
    0.0
    """
    old, new = warp(before, back), warp(after, forth)
    low, high = np.minimum(old, new), np.maximum(old, new)
    return cast("Alpha", np.clip(here, low, high))


def carried_union(here: Image8, neighbours: list[tuple[Image8, Floats]]) -> Image8:
    """A trimap, unknown as well where a neighbour's, moved onto it, says something else.

    Never without the motion: what moves would be unknown all along its way.

    Args:
        here: (H, W) of 0, 128 and 255.
        neighbours: Their trimaps, and where this frame's pixels are in them.

    >>> still = np.zeros((1, 2, 2), np.float32)
    >>> carried_union(np.array([[0, 255]], np.uint8), [(np.array([[0, 0]], np.uint8), still)]).tolist()
    [[0, 128]]
    """
    found = here.copy()
    for trimap, flow in neighbours:
        found[warp(trimap, flow, nearest=True) != here] = UNKNOWN
    return found
