"""How steep a matte is."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def slope(alpha: Floats) -> Floats:
    """|grad alpha| per px: Sobel 3x3 scaled by 1/8, edge repeated.

    >>> ramp = np.arange(5, dtype=np.float32)[None].repeat(3, 0)
    >>> float(slope(ramp)[1, 2])
    1.0
    """
    x, y = (
        cv2.Sobel(alpha, cv2.CV_32F, *order, ksize=3, scale=1 / 8, borderType=cv2.BORDER_REPLICATE)
        for order in ((1, 0), (0, 1))
    )
    return cast("Floats", cv2.magnitude(x, y))
