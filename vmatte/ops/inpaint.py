"""Holes filled from what surrounds them: push-pull."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.ops.unit import Float, floats


def inpainted(values: Float, weight: Float) -> Float:
    """`values` where `weight` is 1, a smooth continuation of them where it is 0, a blend between.

    Weighted means are pushed down a pyramid until none is left without a sample, then pulled up into the holes
    (Gortler et al. 1996, "The Lumigraph", section 3.4).

    Args:
        values: (H, W, C) float32.
        weight: (H, W) float32 in [0, 1]; at least one pixel should be above 0, or everything becomes 0.

    >>> import numpy as np
    >>> values = np.zeros((4, 4, 1), np.float32)
    >>> values[0, 0] = 5
    >>> weight = (values[..., 0] > 0).astype(np.float32)
    >>> inpainted(values, weight)[..., 0].min().item()
    5.0
    """
    height, width = weight.shape
    if max(height, width) == 1 or weight.min() >= 1:
        return values * (weight > 0)[..., None]
    size = ((width + 1) // 2, (height + 1) // 2)
    held = floats(cv2.resize(weight, size, interpolation=cv2.INTER_AREA)).reshape(size[::-1])
    pushed = _planes(cv2.resize(values * weight[..., None], size, interpolation=cv2.INTER_AREA), held)
    below = inpainted(floats(pushed / np.maximum(held, np.float32(1e-9))[..., None]), floats(np.minimum(held * 4, 1)))
    up = _planes(cv2.resize(below, (width, height), interpolation=cv2.INTER_LINEAR), weight)
    filled: Float = up + weight[..., None] * (values - up)
    return filled


def _planes(image: NDArray[Any], like: Float) -> Float:
    """OpenCV drops a last axis of one: here it is back."""
    return floats(image).reshape(*like.shape, -1)
