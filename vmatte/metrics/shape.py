"""Scores of a matte as a shape: overlap, outline, and error around the transition."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.metrics.pair import Mask, Pair

Bytes = NDArray[np.uint8]

# DAVIS's tolerance: Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation, 2016.
_TOLERANCE = 0.008
# VideoMaMa, 2026; the paper does not state where it binarises: 0.5 is ours.
_TRANSITION = 10


def solid(matte: NDArray[Any]) -> Mask:
    """Where a matte, uint8 codes or floats, is 0.5 or more.

    >>> solid(np.array([[127, 128]], np.uint8)).tolist(), solid(np.array([[0.5]])).tolist()
    ([[False, True]], [[True]])
    """
    return np.asarray(matte >= (128 if matte.dtype == np.uint8 else 0.5))


def iou(pair: Pair) -> float:
    """Intersection over union of both mattes at 0.5, in [0, 1]; 1 if both are empty.

    >>> iou(Pair(np.array([[1.0, 1, 0]]), np.array([[0.0, 1, 1]]))) == 1 / 3
    True
    """
    one, other = solid(pair.alpha), solid(pair.truth)
    both, either = int(np.count_nonzero(one & other)), int(np.count_nonzero(one | other))
    return both / either if either else 1.0


def boundary_f(pair: Pair, radius: int | None = None) -> float:
    """F-measure of the outlines at 0.5, in [0, 1]; 1 if there are none.

    Args:
        pair: The mattes.
        radius: How far from a true edge pixel a predicted one may be, px; None for 0.008 of the image's diagonal,
            rounded up, as DAVIS has it.

    >>> square = np.zeros((9, 9))
    >>> square[3:6, 3:6] = 1
    >>> boundary_f(Pair(square, square)), boundary_f(Pair(square, 0 * square))
    (1.0, 0.0)
    """
    if radius is None:
        radius = math.ceil(_TOLERANCE * math.hypot(*pair.alpha.shape))
    edges = [outline(solid(matte)) for matte in (pair.alpha, pair.truth)]
    if not any(edge.any() for edge in edges):
        return 1.0
    near = [cv2.dilate(edge, _disc(radius)) for edge in edges]
    precision, recall = (_share(edge, around) for edge, around in zip(edges, reversed(near), strict=True))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def mad_transition(pair: Pair) -> float:
    """MAD-T: mean |a - g| around the true outline at 0.5, outside the erosions of inside and outside; printed x1000.

    nan where the truth has no outline.

    >>> import math
    >>> math.isnan(mad_transition(Pair(np.ones((20, 20)), np.ones((20, 20)))))
    True
    """
    inside = solid(pair.truth)
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_TRANSITION, _TRANSITION))
    cores = [cv2.erode(part.astype(np.uint8), element) for part in (inside, ~inside)]
    around = np.asarray(np.maximum(*cores) == 0)
    count = pair.count(around)
    return pair.total(around) / count if count else math.nan


def outline(mask: Mask) -> Bytes:
    """The pixels of a mask that its 3x3 erosion removes, as 0 and 1.

    >>> int(outline(np.ones((3, 3), bool)).sum())
    0
    """
    whole = mask.astype(np.uint8)
    return np.asarray(whole - cv2.erode(whole, np.ones((3, 3), np.uint8)), np.uint8)


def _share(edge: Bytes, around: NDArray[Any]) -> float:
    count = int(np.count_nonzero(edge))
    return int(np.count_nonzero(edge & around)) / count if count else 0.0


def _disc(radius: int) -> Bytes:
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(x * x + y * y <= radius * radius, np.uint8)
