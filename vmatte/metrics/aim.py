"""Grad and Conn as AIM-500's own program computes them, which is not as the others do.

AIM: Li, Zhang, Tao, Deep Automatic Natural Image Matting, IJCAI 2021.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.metrics.gradient import SIGMA
from vmatte.metrics.pair import Pair, Wide, squares

# Its Gaussian ends four sigmas out, rounded, and mirrors the frame with the edge pixel doubled.
_HALF, _BORDER = math.floor(4 * SIGMA + 0.5), cv2.BORDER_REFLECT


def gradient_aim(pair: Pair) -> float:
    """Gradient error with filters of plain unit area, unstretched; printed divided by 10.

    >>> edge = np.repeat([[0.0, 1.0]], [8, 8], 1).repeat(16, 0)
    >>> gradient_aim(Pair(edge, edge)), gradient_aim(Pair(0 * edge, edge)) > 1
    (0.0, True)
    """
    one, other = (_steepness(matte) / pair.white for matte in (pair.alpha, pair.truth))
    return squares(cv2.subtract(one, other))


def _steepness(matte: NDArray[Any]) -> Wide:
    smooth, slope = _taps()
    wide = np.ascontiguousarray(matte, np.float64)
    across = cv2.sepFilter2D(wide, cv2.CV_64F, slope, smooth, borderType=_BORDER)
    down = cv2.sepFilter2D(wide, cv2.CV_64F, smooth, slope, borderType=_BORDER)
    return np.asarray(cv2.magnitude(across, down), np.float64)


@cache
def _taps() -> tuple[Wide, Wide]:
    """A sampled Gaussian of sum 1, and its derivative."""
    at = np.arange(-_HALF, _HALF + 1, dtype=np.float64)
    smooth = np.exp(-(at**2) / (2 * SIGMA**2))
    smooth /= smooth.sum()
    return smooth, -at * smooth / SIGMA**2
