"""Scores of how a predicted matte changes over time against how the true one does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matte = NDArray[np.floating[Any]]


def dtssd(alpha: Matte, before: Matte, truth: Matte, truth_before: Matte) -> float:
    """Error of the change since the frame before, sqrt(mean ((a_t - a_{t-1}) - (g_t - g_{t-1}))^2); printed times 100.

    The per-pixel form of the RVM and MatAnyone evaluators, after Erofeev et al., Perceptually Motivated Benchmark for
    Video Matting, BMVC 2015. Those programs count the first frame, which has no frame before it, as 0.

    Args:
        alpha: (H, W) prediction in [0, 1].
        before: The prediction one frame earlier.
        truth: (H, W) true matte.
        truth_before: The true matte one frame earlier.

    >>> import numpy as np
    >>> still, gone = np.ones((2, 2)), np.zeros((2, 2))
    >>> dtssd(still, still, still, still), dtssd(gone, still, still, still)
    (0.0, 1.0)
    """
    change = np.asarray(alpha, np.float64) - np.asarray(before, np.float64)
    true_change = np.asarray(truth, np.float64) - np.asarray(truth_before, np.float64)
    return math.sqrt(float(np.mean(np.square(change - true_change))))
