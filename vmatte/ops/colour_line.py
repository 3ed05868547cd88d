"""How well a matte follows its picture: what a line through each window's colours cannot explain of its alpha.

That is the local model of closed-form matting (Levin, Lischinski, Weiss, A Closed-Form Solution to Natural Image
Matting, TPAMI 2008): where alpha changes, it is an affine function of colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8

Floats = NDArray[np.floating[Any]]

# Side of the windows, px, and the ridge of the fit on colours in [0, 1].
SIDE, _RIDGE = 5, 0.001
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


class Statistics(NamedTuple):
    """Colour statistics of a frame's windows, a plane each: several times as fast as interleaved.

    Attributes:
        rgb: Three (H, W) in [0, 1].
        mean: Three, of each window.
        inverse: Six, the upper triangle of the inverse of the ridged covariance.
    """

    rgb: Sequence[Floats]
    mean: Sequence[Floats]
    inverse: Sequence[Floats]


class Moments(NamedTuple):
    """What the statistics are made of.

    Attributes:
        rgb: Three (H, W) in [0, 1].
        mean: Three, of each window.
        spread: Six, the upper triangle of the ridged covariance.
    """

    rgb: Sequence[Floats]
    mean: Sequence[Floats]
    spread: Sequence[Floats]


class Fit(NamedTuple):
    """Of each window.

    Attributes:
        varied: (H, W) variance of alpha.
        left: (H, W) the part of it that colour does not explain, from 0 up.
    """

    varied: Floats
    left: Floats


def statistics(frame: Image8, dtype: type[np.floating[Any]] = np.float64) -> Statistics:
    """Of an (H, W, 3) uint8 frame; they serve every matte of it."""
    found = moments(frame, dtype)
    return Statistics(found.rgb, found.mean, inverse(found.spread))


def moments(frame: Image8, dtype: type[np.floating[Any]] = np.float64) -> Moments:
    """Of an (H, W, 3) uint8 frame, for those who need the inverse of a few windows only."""
    rgb = [np.asarray(plane, dtype) / dtype(255) for plane in cv2.split(frame)]
    mean = [box(plane) for plane in rgb]
    spread = [box(rgb[i] * rgb[j]) - mean[i] * mean[j] + dtype(_RIDGE if i == j else 0) for i, j in _PAIRS]
    return Moments(rgb, mean, spread)


def fit(alpha: Floats, seen: Statistics) -> Fit:
    """Fits an (H, W) matte in [0, 1] to its frame.

    >>> picture = np.zeros((9, 9, 3), np.uint8)
    >>> picture[:, 4:] = 255
    >>> step = (picture[..., 0] / 255).astype(np.float32)
    >>> seen = statistics(picture, np.float32)
    >>> right, wrong = fit(step, seen), fit(np.roll(step, 2, axis=0) * step.T, seen)
    >>> bool(right.left.max() < 0.01 < wrong.left.max())
    True
    """
    mean = box(alpha)
    varied = np.maximum(box(alpha * alpha) - mean * mean, 0)
    shared = [box(alpha * plane) - mean * middle for plane, middle in zip(seen.rgb, seen.mean, strict=True)]
    return Fit(varied, np.maximum(varied - explained(shared, seen.inverse), 0))


def explained(shared: Sequence[Floats], inverse: Sequence[Floats]) -> Floats:
    """Variance of alpha that colour explains, from its covariance with the three channels."""
    x, y, z = shared
    a, b, c, d, e, f = inverse
    return a * x * x + d * y * y + f * z * z + 2 * (b * x * y + c * x * z + e * y * z)


def box(values: Floats) -> Floats:
    """Means of the windows; the border is reflected with its own pixels."""
    return np.asarray(cv2.blur(values, (SIDE, SIDE), borderType=cv2.BORDER_REFLECT))


def inverse(spread: Sequence[Floats]) -> list[Floats]:
    """Of symmetric matrices ((a, b, c), (b, d, e), (c, e, f)), by cofactors.

    >>> [round(float(part), 3) for part in inverse([np.float64(each) for each in (2, 0, 0, 4, 0, 5)])]
    [0.5, 0.0, 0.0, 0.25, 0.0, 0.2]
    """
    a, b, c, d, e, f = spread
    upper = [d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b]
    determinant = a * upper[0] + b * upper[1] + c * upper[2]
    return [part / determinant for part in upper]
