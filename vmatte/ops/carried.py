"""A matte and its neighbours in time, moved onto it by optical flow.

Their median forgets a slip of one frame; where their trimaps disagree, something is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha, Image8
from vmatte.ops.flow import Floats, dense
from vmatte.ops.trimap import UNKNOWN
from vmatte.ops.warp import warp

#: Flow is computed on pictures shrunk to this many rows.
ROWS = 540
# 8-bit codes, red, green and blue added up, by which the neighbour may differ when it has been moved onto the picture,
# in the mean of a window of that radius in px. On drawn clips of usual speed a median without this limit moves mattes
# from 9.88 of MAD x1e3 to 9.77 and one with it to 9.69; at four times the speed, to 13.12 and 10.86 from 10.74.
_ALIKE, _AROUND = 30, 2


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Where a picture is in another one.

    Attributes:
        flow: (H, W, 2) px.
        trusted: (H, W) whether what lies there looks the same.
    """

    flow: Floats
    trusted: NDArray[np.bool_]


def motion(here: Image8, there: Image8, rows: int = ROWS) -> Motion:
    """Where each pixel of one (H, W, 3) uint8 picture is in another.

    >>> flat = np.full((32, 32, 3), 128, np.uint8)
    >>> found = motion(flat, flat)
    >>> float(abs(found.flow).max()), bool(found.trusted.all()), bool(motion(flat, flat + 99).trusted.any())
    (0.0, True, False)
    """
    one, other = (cast("Image8", cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) for picture in (here, there))
    flow = dense(one, other, rows, fine=True)
    gap = cv2.transform(cv2.absdiff(here, warp(there, flow)), np.ones((1, 3), np.float32)).astype(np.float32)
    return Motion(flow, cv2.blur(gap, (2 * _AROUND + 1,) * 2) < _ALIKE)


def carried_median(before: Alpha, here: Alpha, after: Alpha, back: Motion, forth: Motion) -> Alpha:
    """Median of a matte and its two neighbours moved onto it, where both can be; elsewhere the matte.

    Args:
        before: (H, W) float32.
        here: Likewise.
        after: Likewise.
        back: Of the frame to the one before.
        forth: Of the frame to the one after.

    Returns:
        (H, W) float32.

    >>> still = Motion(np.zeros((4, 4, 2), np.float32), np.eye(4) == 0)
    >>> same, slip = np.zeros((4, 4), np.float32), np.ones((4, 4), np.float32)
    >>> carried_median(same, slip, same, still, still)[0].tolist()
    [1.0, 0.0, 0.0, 0.0]
    """
    old, new = (np.where(way.trusted, warp(alpha, way.flow), here) for alpha, way in ((before, back), (after, forth)))
    low, high = np.minimum(old, new), np.maximum(old, new)
    return cast("Alpha", np.clip(here, low, high))


def carried_union(here: Image8, neighbours: list[tuple[Image8, Motion]]) -> Image8:
    """A trimap, unknown as well where a neighbour's, moved onto it, says something else.

    Never without the motion: what moves would be unknown all along its way.

    Args:
        here: (H, W) of 0, 128 and 255.
        neighbours: Their trimaps, and where this frame is in them.

    >>> still = Motion(np.zeros((1, 3, 2), np.float32), np.array([[True, True, False]]))
    >>> carried_union(np.array([[0, 255, 255]], np.uint8), [(np.array([[0, 0, 0]], np.uint8), still)]).tolist()
    [[0, 128, 255]]
    """
    found = here.copy()
    for trimap, way in neighbours:
        found[way.trusted & (warp(trimap, way.flow, nearest=True) != here)] = UNKNOWN
    return found
