"""Smaller pictures for work that needs no more."""

from __future__ import annotations

from typing import cast

import cv2

from vmatte.core.types import Image8


def working_size(height: int, width: int, rows: int) -> tuple[int, int]:
    """(height, width) with the shorter side at most `rows`; 0 leaves the size alone.

    >>> working_size(1080, 1920, 360), working_size(90, 160, 360)
    ((360, 640), (90, 160))
    """
    short = min(height, width)
    if not rows or short <= rows:
        return height, width
    return max(1, round(height * rows / short)), max(1, round(width * rows / short))


def shrunk(picture: Image8, size: tuple[int, int]) -> Image8:
    """`picture` at (height, width), each pixel the mean of those it covers.

    >>> import numpy as np
    >>> shrunk(np.full((4, 6, 3), 9, np.uint8), (2, 3)).shape
    (2, 3, 3)
    """
    if picture.shape[:2] == size:
        return picture
    return cast("Image8", cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA))
