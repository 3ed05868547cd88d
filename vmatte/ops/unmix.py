"""How much of a colour is foreground, given the two colours it may be a mixture of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Mixture(NamedTuple):
    """The compositing equation C = a F + (1 - a) B solved for a at N pixels.

    Attributes:
        alpha: (N,) in [0, 1], the nearest mixture on the line from B to F.
        residual: (N,) squared distance of C from that mixture.
        span: (N,) squared distance of F and B.
        to_foreground: (N,) squared distance of C and F.
        to_background: (N,) squared distance of C and B.
    """

    alpha: Floats
    residual: Floats
    span: Floats
    to_foreground: Floats
    to_background: Floats


def unmix(colour: Floats, foreground: Floats, background: Floats) -> Mixture:
    """Projects each colour on the segment between its two candidate sources, all (N, 3) in one colour space.

    >>> mixed = unmix(np.float32([[25, 0, 0]]), np.float32([[100, 0, 0]]), np.float32([[0, 0, 0]]))
    >>> mixed.alpha.tolist(), mixed.residual.tolist()
    ([0.25], [0.0])
    """
    axis = foreground - background
    offset = colour - background
    span = _dot(axis, axis)
    alpha: Floats = np.clip(_dot(offset, axis) / np.maximum(span, np.float32(1e-6)), 0, 1)
    miss = offset - alpha[:, None] * axis
    away = colour - foreground
    return Mixture(alpha, _dot(miss, miss), span, _dot(away, away), _dot(offset, offset))


def _dot(left: Floats, right: Floats) -> Floats:
    product: Floats = np.einsum("nc,nc->n", left, right)
    return product
