"""CIE Lab, in which equal distances look about equally different; L runs 0..100."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8

Floats = NDArray[np.float32]


def lab(rgb: Image8 | Floats) -> Floats:
    """Lab of display RGB read as sRGB, D65 white (IEC 61966-2-1).

    Args:
        rgb: (H, W, 3), uint8, or float32 in [0, 1].

    Returns:
        (H, W, 3) float32: L in [0, 100], a and b within about ±110.

    >>> lab(np.full((1, 1, 3), 255, np.uint8)).round().tolist()
    [[[100.0, 0.0, 0.0]]]
    """
    unit = rgb * np.float32(1 / 255) if rgb.dtype == np.uint8 else rgb
    return cast("Floats", cv2.cvtColor(np.ascontiguousarray(unit, np.float32), cv2.COLOR_RGB2Lab))
