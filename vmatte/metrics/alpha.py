"""Scores of one predicted alpha against the true one, exactly as the published evaluators define them.

All take (H, W) mattes with values in [0, 1] of any float type, compute in float64 and return the unscaled value;
the scale that papers print is in each docstring.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Matte = NDArray[np.floating[Any]]

# Rhemann et al., A Perceptually Motivated Online Benchmark for Image Matting, CVPR 2009, and every evaluator since.
GRADIENT_SIGMA = 1.4
GRADIENT_CUTOFF = 0.01


def mad(alpha: Matte, truth: Matte) -> float:
    """Mean absolute difference over the whole frame, mean |a - g|; printed times 1000.

    >>> import numpy as np
    >>> round(mad(np.full((2, 2), 0.75), np.ones((2, 2))), 6)
    0.25
    """
    return float(np.mean(np.abs(_wide(alpha) - _wide(truth))))


def mse(alpha: Matte, truth: Matte) -> float:
    """Mean squared error over the whole frame, mean (a - g)^2; printed times 1000.

    >>> import numpy as np
    >>> mse(np.full((2, 2), 0.5), np.ones((2, 2)))
    0.25
    """
    return float(np.mean(np.square(_wide(alpha) - _wide(truth))))


def gradient(alpha: Matte, truth: Matte) -> float:
    """Gradient error, sum (m(a) - m(g))^2 with m the Gaussian gradient magnitude; printed divided by 1000.

    The mattes are not stretched to their own range first: the form of the high-resolution RVM and MatAnyone evaluators.

    >>> import numpy as np
    >>> flat, edge = np.zeros((9, 9)), np.repeat([[0.0, 1.0]], [4, 5], 1).repeat(9, 0)
    >>> gradient(edge, edge), gradient(flat, edge) > 1
    (0.0, True)
    """
    return float(np.sum(np.square(gradient_magnitude(alpha) - gradient_magnitude(truth))))


def gradient_magnitude(alpha: Matte) -> NDArray[np.float64]:
    """Length of the gradient under Gaussian derivatives of sigma 1.4, edge pixels repeated beyond the border.

    >>> import numpy as np
    >>> float(gradient_magnitude(np.ones((9, 9))).max()) < 1e-12
    True
    """
    smooth, slope = _gradient_taps()
    wide = _wide(alpha)
    across = cv2.sepFilter2D(wide, cv2.CV_64F, slope, smooth, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(wide, cv2.CV_64F, smooth, slope, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.hypot(across, down), np.float64)


@cache
def _gradient_taps() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The Gaussian and its derivative, whose outer product has Frobenius norm 1."""
    sigma = GRADIENT_SIGMA
    half = math.ceil(sigma * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * sigma * GRADIENT_CUTOFF)))
    at = np.arange(-half, half + 1, dtype=np.float64)
    smooth = np.exp(-(at**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
    slope = -at * smooth / sigma**2
    return smooth, slope / np.linalg.norm(np.outer(smooth, slope))


def _wide(matte: Matte) -> NDArray[np.float64]:
    return np.ascontiguousarray(matte, dtype=np.float64)
