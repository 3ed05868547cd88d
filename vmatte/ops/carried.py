"""A matte and its neighbours in time, moved onto it by optical flow: their median forgets a slip of one frame."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from vmatte.core.types import Alpha, Image8
from vmatte.ops.flow import dense
from vmatte.ops.warp import warp


def carried_median(
    pictures: tuple[Image8, Image8, Image8], alphas: tuple[Alpha, Alpha, Alpha], rows: int = 540
) -> Alpha:
    """Median of the middle matte and its two neighbours moved onto it.

    Args:
        pictures: (H, W, 3) uint8 RGB each: the frame before, the frame, the frame after.
        alphas: (H, W) float32 each.
        rows: Flow is computed on pictures shrunk to this many rows.

    Returns:
        (H, W) float32.

    >>> flat = np.full((32, 32, 3), 128, np.uint8)
    >>> same, slip = np.zeros((32, 32), np.float32), np.ones((32, 32), np.float32)
    >>> float(carried_median((flat, flat, flat), (same, slip, same)).max())
    0.0
    """
    before, here, after = (cast("Image8", cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) for picture in pictures)
    old = warp(alphas[0], dense(here, before, rows))
    new = warp(alphas[2], dense(here, after, rows))
    low, high = np.minimum(old, new), np.maximum(old, new)
    return cast("Alpha", np.clip(alphas[1], low, high))
