"""The guided filter with a colour guide: smooths a map so that its edges follow the picture's.

K. He, J. Sun, X. Tang, "Guided Image Filtering", ECCV 2010; upsampling by coefficients: K. He, J. Sun,
"Fast Guided Filter", arXiv:1505.00996.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8
from vmatte.ops.morphology import Mask, dilate
from vmatte.ops.warp import sample

Floats = NDArray[np.float32]

_LIFT = np.sqrt(np.arange(256, dtype=np.float32) / 255)


def lifted(rgb: Image8) -> Floats:
    """A guide made of the square root of display RGB, in [0, 1]: dark edges count as much as bright ones.

    With plain RGB an edge between two dark cloths lies under any sensible epsilon, and the filter is a blur there.

    >>> lifted(np.full((1, 1, 3), 255, np.uint8)).tolist()
    [[[1.0, 1.0, 1.0]]]
    """
    return _LIFT[rgb]


def coefficients(guide: Floats, target: Floats, radius: int, epsilon: float) -> Floats:
    """The filter's local linear model: target = a . guide + b, averaged over the windows that cover each pixel.

    Args:
        guide: (H, W, 3) in [0, 1].
        target: (H, W).
        radius: Of the square window, px.
        epsilon: Variance of the guide that counts as flat.

    Returns:
        (H, W, 4): the three of a, then b.

    >>> guide = np.random.default_rng(0).random((8, 8, 3), np.float32)
    >>> model = coefficients(guide, guide[..., 0], 2, 1e-6)
    >>> (model[4, 4] * 100).round().astype(int).tolist()
    [100, 0, 0, 0]
    """
    size = (2 * radius + 1, 2 * radius + 1)
    mean = cv2.blur(guide, size)
    level = cv2.blur(target, size)
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    spread = [cv2.blur(guide[..., i] * guide[..., j], size) - mean[..., i] * mean[..., j] for i, j in pairs]
    shared = cv2.blur(guide * target[..., None], size) - mean * level[..., None]
    slope = _solved(spread, shared, epsilon)
    offset = level - np.einsum("hwc,hwc->hw", slope, mean)
    return cast("Floats", cv2.blur(np.dstack([slope, offset]).astype(np.float32), size))


def guided(guide: Floats, target: Floats, radius: int, epsilon: float) -> Floats:
    """Filters `target` (H, W) by `guide` (H, W, 3) in [0, 1].

    >>> flat, half = np.ones((5, 5, 3), np.float32), np.full((5, 5), 0.5, np.float32)
    >>> float(guided(flat, half, 2, 1e-4)[2, 2])
    0.5
    """
    model = coefficients(guide, target, radius, epsilon)
    out: Floats = np.einsum("hwc,hwc->hw", model[..., :3], guide) + model[..., 3]
    return out


def guided_on(region: Mask, guide: Floats, target: Floats, radius: int, epsilon: float) -> Floats:
    """As `guided` where `region` is set, `target` elsewhere; only the region's bounding box is computed.

    >>> target = np.eye(4, dtype=np.float32)
    >>> bool((guided_on(np.zeros((4, 4), bool), np.ones((4, 4, 3), np.float32), target, 1, 1e-4) == target).all())
    True
    """
    box = cv2.boundingRect(region.astype(np.uint8))
    if not box[2]:
        return target
    margin = 2 * radius
    part = (
        slice(max(0, box[1] - margin), box[1] + box[3] + margin),
        slice(max(0, box[0] - margin), box[0] + box[2] + margin),
    )
    out = target.copy()
    out[part] = np.where(region[part], guided(guide[part], target[part], radius, epsilon), target[part])
    return out


def upsample(
    alpha: Floats, small: Floats, full: Image8, radius: int = 2, epsilon: float = 1e-4, certain: float = 0.01
) -> Floats:
    """Enlarges a matte to the size of `full`, its soft parts following the full picture's edges.

    The linear model is fitted on the small picture and applied to the large one, and what it could not explain is
    added back, so that edges the picture does not show stay as sharp as they were. Where the enlarged matte is
    within `certain` of 0 or 1 it is left alone.

    Args:
        alpha: (h, w) in [0, 1].
        small: (h, w, 3) `lifted` picture that `alpha` was made from.
        full: (H, W, 3) uint8.
        radius: Of the model's window, small px; 2 and 1e-4 from the prototype's measurements.
        epsilon: Variance of the guide that counts as flat.
        certain: Distance from 0 and 1 that counts as solid.

    Returns:
        (H, W) float32 in [0, 1].

    >>> upsample(np.ones((2, 2), np.float32), np.ones((2, 2, 3), np.float32), np.zeros((4, 4, 3), np.uint8)).min()
    np.float32(1.0)
    """
    height, width = full.shape[:2]
    if alpha.shape == (height, width):
        return alpha.copy()
    large = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR)
    soft = dilate((alpha > certain) & (alpha < 1 - certain), 1)
    chosen = cv2.resize(soft.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    rows, columns = np.nonzero(chosen)
    if not len(rows):
        return np.clip(large, 0, 1)
    model = coefficients(small, alpha, radius, epsilon)
    places = np.stack([columns, rows], axis=1).astype(np.float32) + np.float32(0.5)
    places *= np.array([alpha.shape[1] / width, alpha.shape[0] / height], np.float32)
    local = sample(model, places - np.float32(0.5))
    fitted = np.einsum("nc,nc->n", local[:, :3], _LIFT[full[rows, columns]]) + local[:, 3]
    unexplained = alpha - (np.einsum("hwc,hwc->hw", model[..., :3], small) + model[..., 3])
    fitted += sample(unexplained, places - np.float32(0.5))
    large[rows, columns] = fitted
    return cast("Floats", np.clip(large, 0, 1))


def _solved(spread: list[Floats], shared: Floats, epsilon: float) -> Floats:
    """Solves (S + epsilon I) x = shared at every pixel by Cramer's rule; S symmetric, its upper triangle given."""
    xx, xy, xz, yy, yz, zz = spread
    xx, yy, zz = xx + epsilon, yy + epsilon, zz + epsilon
    ixx, ixy, ixz = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    iyy, iyz, izz = xx * zz - xz * xz, xz * xy - xx * yz, xx * yy - xy * xy
    scale = 1 / (xx * ixx + xy * ixy + xz * ixz)
    x, y, z = shared[..., 0], shared[..., 1], shared[..., 2]
    rows = (ixx * x + ixy * y + ixz * z, ixy * x + iyy * y + iyz * z, ixz * x + iyz * y + izz * z)
    return np.stack([row * scale for row in rows], axis=-1)
