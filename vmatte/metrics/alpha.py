"""Scores of one predicted alpha against the true one, exactly as the published evaluators define them.

All take (H, W) mattes, floats in [0, 1] of any type or uint8 codes, compute in float64 and return the unscaled value;
the scale that papers print is in each docstring.
"""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from vmatte.metrics.gradient import gradient as _gradient
from vmatte.metrics.gradient import gradient_magnitude
from vmatte.metrics.pair import Mask, Pair

Matte = NDArray[Any]

__all__ = ["gradient", "gradient_magnitude", "mad", "mse", "sad", "ssda"]


def sad(alpha: Matte, truth: Matte, mask: Mask | None = None) -> float:
    """Sum of absolute differences, sum |a - g|, over the mask or everywhere; printed divided by 1000.

    >>> import numpy as np
    >>> sad(np.full((2, 2), 0.75), np.ones((2, 2)))
    1.0
    """
    return _pair(alpha, truth).total(mask)


def mad(alpha: Matte, truth: Matte, mask: Mask | None = None) -> float:
    """Mean absolute difference, mean |a - g|; printed times 1000. nan if the mask is empty.

    >>> import numpy as np
    >>> round(mad(np.full((2, 2), 0.75), np.ones((2, 2))), 6)
    0.25
    """
    pair = _pair(alpha, truth)
    return _over(pair.total(mask), pair.count(mask))


def mse(alpha: Matte, truth: Matte, mask: Mask | None = None) -> float:
    """Mean squared error, mean (a - g)^2; printed times 1000, by the DIM family as it is. nan if the mask is empty.

    >>> import numpy as np
    >>> mse(np.full((2, 2), 0.5), np.ones((2, 2)))
    0.25
    """
    pair = _pair(alpha, truth)
    return _over(pair.squared(mask), pair.count(mask))


def ssda(alpha: Matte, truth: Matte, mask: Mask | None = None) -> float:
    """Root of the summed squared differences, sqrt(sum (a - g)^2), of Erofeev et al., BMVC 2015; not scaled.

    >>> import numpy as np
    >>> ssda(np.full((2, 2), 0.5), np.ones((2, 2)))
    1.0
    """
    return math.sqrt(_pair(alpha, truth).squared(mask))


def gradient(alpha: Matte, truth: Matte, *, stretch: bool = False, mask: Mask | None = None) -> float:
    """Gradient error, as `vmatte.metrics.gradient.gradient`; the mattes may be of different types.

    >>> import numpy as np
    >>> gradient(np.full((9, 9), 0.5), np.ones((9, 9), np.uint8) * 255) < 1e-24
    True
    """
    pair = _pair(alpha, truth)
    return _gradient(pair.alpha, pair.truth, stretch=stretch, mask=mask)


def _pair(alpha: Matte, truth: Matte) -> Pair:
    """Codes if both are, else floats, unrounded."""
    return Pair(alpha, truth) if alpha.dtype == truth.dtype == "u1" else Pair.of(alpha, truth, "none")


def _over(total: float, count: int) -> float:
    return total / count if count else math.nan
