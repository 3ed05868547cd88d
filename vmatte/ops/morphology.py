"""Shapes of masks: discs, distances, holes and islands. Masks are (H, W) bool, distances float32 px."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

#: Stands for "no such pixel in the picture"; larger than any picture's diagonal.
FAR = 1e6


@cache
def disc(radius: float) -> NDArray[np.uint8]:
    """A disc as a structuring element: every pixel within `radius` of the centre. Shared: do not write to it.

    >>> disc(1.5).tolist()
    [[1, 1, 1], [1, 1, 1], [1, 1, 1]]
    """
    reach = int(radius)
    rows, columns = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    round_: NDArray[np.uint8] = (rows**2 + columns**2 <= radius**2).astype(np.uint8)
    return round_


def dilate(mask: Mask, radius: float) -> Mask:
    """Grows a mask by a disc.

    >>> int(dilate(np.eye(5, dtype=bool), 1).sum())
    13
    """
    return _applied(mask, cv2.MORPH_DILATE, radius)


def erode(mask: Mask, radius: float) -> Mask:
    """Shrinks a mask by a disc; what lies outside the picture does not shrink it.

    >>> int(erode(np.ones((3, 3), bool), 1).sum())
    9
    """
    return _applied(mask, cv2.MORPH_ERODE, radius)


def opened(mask: Mask, radius: float) -> Mask:
    """Removes what a disc does not fit in.

    >>> int(opened(np.eye(5, dtype=bool), 1.5).sum())
    0
    """
    return _applied(mask, cv2.MORPH_OPEN, radius)


def closed(mask: Mask, radius: float) -> Mask:
    """Closes gaps a disc does not fit in.

    >>> gap = np.array([[1, 1, 0, 1, 1]] * 5, bool)
    >>> bool(closed(gap, 1.5)[2, 2])
    True
    """
    return _applied(mask, cv2.MORPH_CLOSE, radius)


def distance_to(mask: Mask) -> Floats:
    """Euclidean distance in px from each pixel to the nearest set pixel; FAR everywhere if none is set.

    >>> distance_to(np.array([[True, False, False, False]])).round().tolist()
    [[0.0, 1.0, 2.0, 3.0]]
    """
    if not mask.any():
        return np.full(mask.shape, FAR, np.float32)
    return cast("Floats", cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5))


def signed_distance(mask: Mask) -> Floats:
    """Distance in px to the mask's edge, positive inside: ±0.5 beside the edge; ±FAR if the mask has no edge.

    >>> signed_distance(np.array([[True, True, False]])).round(1).tolist()
    [[1.5, 0.5, -0.5]]
    """
    inside, outside = distance_to(~mask), distance_to(mask)
    return np.where(mask, inside - np.float32(0.5), np.float32(0.5) - outside).astype(np.float32)


def labelled(mask: Mask, diagonal: bool = True) -> tuple[NDArray[np.int32], int]:
    """Numbers the connected parts of a mask from 1; 0 is the rest. Returns the (H, W) labels and their number plus one.

    >>> labelled(np.eye(3, dtype=bool))[1], labelled(np.eye(3, dtype=bool), diagonal=False)[1]
    (2, 4)
    """
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8 if diagonal else 4)
    return cast("NDArray[np.int32]", labels), int(count)


def tally(labels: NDArray[np.int32], count: int, of: Mask | None = None) -> NDArray[np.int64]:
    """Pixels of each label, or those of them that are set in `of`.

    >>> tally(np.array([[0, 1, 1]], np.int32), 2).tolist()
    [1, 2]
    """
    chosen: NDArray[Any] = labels.ravel() if of is None else labels[of]
    return np.bincount(chosen, minlength=count)


def _applied(mask: Mask, operation: int, radius: float) -> Mask:
    moved = cv2.morphologyEx(mask.astype(np.uint8), operation, disc(radius))
    return cast("Mask", moved.astype(bool))
