"""Scores of a map as a segmentation, as papers on salient objects and dichotomous segmentation print them, per image.

The truth is taken at 0.5 and the prediction stretched to [0, 1] by its own lowest and highest value first, as
BiRefNet's evaluator and the public toolboxes do.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.metrics.pair import Mask, Pair, Wide

# Keeps quotients of nothing from dividing by zero, as in the authors' MATLAB.
_EPS = float(np.spacing(1))
# Thresholds of the E-measure: the codes of an 8-bit map.
_CODES = 256


def mae(pair: Pair) -> float:
    """Mean absolute error of the stretched map.

    >>> mae(Pair(np.array([[0.0, 0.25, 0.5]]), np.array([[0.0, 0.0, 1.0]]))) == 0.5 / 3
    True
    """
    shown, truth = _prepared(pair)
    return float(np.abs(shown - truth).mean())


def structure(pair: Pair) -> float:
    """S-measure with alpha = 0.5: Fan et al., Structure-measure: A New Way to Evaluate Foreground Maps, ICCV 2017.

    >>> square = np.zeros((8, 8))
    >>> square[2:6, 3:7] = 1
    >>> round(structure(Pair(square, square)), 6)
    1.0
    """
    shown, truth = _prepared(pair)
    share = float(truth.mean())
    if share in (0, 1):
        return float(shown.mean()) if share else 1 - float(shown.mean())
    objects = share * _object(shown[truth]) + (1 - share) * _object(1 - shown[~truth])
    return max(0.0, 0.5 * objects + 0.5 * _regions(shown, truth))


def alignment(pair: Pair) -> float:
    """Mean E-measure over all thresholds: Fan et al., Enhanced-alignment Measure for Foreground Maps, IJCAI 2018.

    >>> square = np.zeros((8, 8))
    >>> square[2:6, 3:7] = 1
    >>> alignment(Pair(square, square)) > 0.99 > alignment(Pair(1 - square, square))
    True
    """
    shown, truth = _prepared(pair)
    codes = (shown * (_CODES - 1)).astype(np.uint8)
    # How many pixels are at or above each code, from the highest down.
    right, wrong = (
        np.cumsum(np.bincount(codes[part], minlength=_CODES)[::-1]).astype(np.float64) for part in (truth, ~truth)
    )
    size, inside = truth.size, int(truth.sum())
    if inside in (0, size):
        summed = right if inside else size - wrong
    else:
        mean, true_mean = (right + wrong) / size, inside / size
        parts = (
            (right, 1 - mean, 1 - true_mean),
            (wrong, 1 - mean, -true_mean),
            (inside - right, -mean, 1 - true_mean),
            (size - inside - wrong, -mean, -true_mean),
        )
        summed = sum(((2 * a * b / (a * a + b * b + _EPS) + 1) ** 2 / 4 * count for count, a, b in parts), 0 * right)
    return float((summed / (size - 1 + _EPS)).mean())


def weighted_f(pair: Pair) -> float:
    """Weighted F-measure with beta = 1: Margolin, Zelnik-Manor, Tal, How to Evaluate Foreground Maps?, CVPR 2014.

    Which true pixel is nearest to one outside is found by a 5x5 chamfer, so that the last digits may differ.

    >>> square = np.zeros((8, 8))
    >>> square[2:6, 3:7] = 1
    >>> round(weighted_f(Pair(square, square)), 6)
    1.0
    """
    shown, truth = _prepared(pair)
    if not truth.any():
        return 0.0
    error = np.abs(shown - truth)
    outside = (~truth).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    at_label = np.zeros(int(labels.max()) + 1)
    at_label[labels[truth]] = error[truth]
    # Errors outside count as those of the object pixel nearest to them, then as their neighbourhood's.
    near = cv2.filter2D(at_label[labels], cv2.CV_64F, _bell(), borderType=cv2.BORDER_CONSTANT)
    eased = np.where(truth & (near < error), near, error)
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float64)
    eased[~truth] *= 2 - np.exp(math.log(0.5) / 5 * distance[~truth])
    found, false = truth.sum() - eased[truth].sum(), eased[~truth].sum()
    recall, precision = 1 - eased[truth].mean(), found / (found + false + _EPS)
    return float(2 * recall * precision / (recall + precision + _EPS))


def _prepared(pair: Pair) -> tuple[Wide, Mask]:
    shown: Wide = pair.alpha / pair.white
    low, high = float(shown.min()), float(shown.max())
    if high > low:
        shown = (shown - low) / (high - low)
    return shown, np.asarray(pair.truth >= (128 if pair.white > 1 else 0.5))


def _object(values: NDArray[Any]) -> float:
    """How bright and even the pixels of one side are."""
    mean = float(values.mean())
    spread = float(values.std(ddof=1)) if values.size > 1 else 0.0
    return 2 * mean / (mean * mean + 1 + spread + _EPS)


def _regions(shown: Wide, truth: Mask) -> float:
    """Likeness of the four parts about the truth's centre, weighted by area."""
    row, column = (int(np.round(each)) + 1 for each in np.argwhere(truth).mean(axis=0))
    found = 0.0
    for rows in (slice(None, row), slice(row, None)):
        for columns in (slice(None, column), slice(column, None)):
            part = truth[rows, columns]
            if part.size:
                found += part.size / truth.size * _likeness(shown[rows, columns], part.astype(np.float64))
    return found


def _likeness(one: Wide, other: Wide) -> float:
    x, y, count = float(one.mean()), float(other.mean()), max(1, one.size - 1)
    spreads = float(np.square(one - x).sum() / count + np.square(other - y).sum() / count)
    shared = 4 * x * y * float(((one - x) * (other - y)).sum() / count)
    most = (x * x + y * y) * spreads
    if shared:
        return shared / (most + _EPS)
    return 1.0 if most == 0 else 0.0


def _bell() -> Wide:
    """MATLAB's fspecial: 7x7 with sigma 5, of sum 1."""
    line = np.exp(-(np.arange(-3, 4, dtype=np.float64) ** 2) / 50)
    kernel = np.outer(line, line)
    return np.asarray(kernel / kernel.sum())
