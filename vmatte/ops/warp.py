"""Moving pictures and points along a flow field.

A flow is (H, W, 2) float32, the displacement (x, y) in px of the content at each pixel of the picture it starts from.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# OpenCV's remap wants fewer than 32768 rows and columns, so lists of points are folded into rows of this many.
_FOLD = 4096


@lru_cache(maxsize=8)
def grid(height: int, width: int) -> Floats:
    """The place (x, y) of every pixel: (H, W, 2) float32. Shared: not writable.

    >>> grid(2, 3)[1, 2].tolist()
    [2.0, 1.0]
    """
    rows, columns = np.indices((height, width), np.float32)
    places = np.stack([columns, rows], axis=-1)
    places.flags.writeable = False
    return places


def warp(image: NDArray[Any], flow: Floats, nearest: bool = False) -> NDArray[Any]:
    """Fetches `image` at each pixel's place plus `flow`: bilinear, or the nearest pixel; edges repeated.

    So with the flow from frame b to frame a, `warp(a, flow)` looks like b.

    >>> step = np.float32([[0, 0, 1, 1]])
    >>> warp(step, np.full((1, 4, 2), (1, 0), np.float32)).tolist()
    [[0.0, 1.0, 1.0, 1.0]]
    """
    places = grid(*flow.shape[:2]) + flow
    return _fetched(image, places, cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR)


def fetched(image: NDArray[Any], x: Floats, y: Floats) -> NDArray[Any]:
    """Reads `image` at places given as two (H, W) float32 planes: bilinear, edges repeated.

    >>> fetched(np.float32([[0, 2], [4, 6]]), np.float32([[0.5]]), np.float32([[9]])).tolist()
    [[5.0]]
    """
    return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def sample(image: NDArray[Any], places: Floats) -> NDArray[Any]:
    """Reads `image` at a list of points, bilinearly, edges repeated.

    Args:
        image: (H, W) or (H, W, C), C up to 4.
        places: (N, 2) float32 of (x, y) in px.

    Returns:
        (N,) or (N, C).

    >>> sample(np.float32([[0, 2], [4, 6]]), np.float32([[0.5, 0.5], [9, 9]])).tolist()
    [3.0, 6.0]
    """
    count = len(places)
    tail = image.shape[2:]
    if not count:
        return np.zeros((0, *tail), image.dtype)
    rows = -(-count // _FOLD)
    padded = np.zeros((rows * _FOLD if rows > 1 else count, 2), np.float32)
    padded[:count] = places
    folded = padded.reshape(rows, -1, 2)
    return _fetched(image, folded).reshape(-1, *tail)[:count]


def inverted(flow: Floats, rounds: int = 3) -> Floats:
    """The flow back: g with g(x) = -flow(x + g(x)), by fixed-point steps.

    Converges where the flow's gradient stays below 1, as it does for a smoothed field (Chen et al., "A simple
    fixed-point approach to invert a deformation field", Medical Physics 2008).

    >>> inverted(np.full((4, 4, 2), (2, -1), np.float32))[1, 1].tolist()
    [-2.0, 1.0]
    """
    back: Floats = -flow
    for _ in range(rounds):
        back = -warp(flow, back)
    return back


def _fetched(image: NDArray[Any], places: Floats, how: int = cv2.INTER_LINEAR) -> NDArray[Any]:
    # OpenCV's annotations know no None for the second map, which it takes.
    second = cast("Floats", None)
    return cv2.remap(image, places, second, how, borderMode=cv2.BORDER_REPLICATE)
