"""What a pixel of a matte should be, from its values in the frames around: the two estimators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha
from vmatte.ops.follow import Predicted

Floats = NDArray[np.float32]

# Weight of a frame for each frame it is away, and the distance in alpha from the median at which a value loses 1/e of
# its weight: on drawn clips 0.15 and 0.25 do alike, a plain mean lets holes and dropped frames through.
_FADE, _ALIKE = 0.8, 0.25


def median(alpha: Alpha, others: Mapping[int, Predicted]) -> Floats:
    """The median over the window; what is not valid counts as the pixel itself, so doubt changes little."""
    return middle(_values(alpha, others))


def mean(alpha: Alpha, others: Mapping[int, Predicted]) -> Floats:
    """An average that fades exponentially into past and future alike, so it does not trail, of what is near the median.

    One step of iteratively reweighted least squares from the median: jitter is averaged, holes and frames without a
    matte are left out.
    """
    values = _values(alpha, others)
    centre = middle(values)
    fades = [1.0, *(_FADE ** abs(offset) for offset in others)]
    valid = [None, *(other.valid for other in others.values())]
    above, below = np.zeros_like(alpha), np.full_like(alpha, 1e-6)
    for value, fade, known in zip(values[: len(fades)], fades, valid, strict=True):
        weight = np.float32(fade) * np.exp(-np.square((value - centre) * np.float32(1 / _ALIKE)))
        if known is not None:
            weight *= known
        # Of the difference: where all agree the matte's own value comes out, to the last bit.
        above += weight * (value - alpha)
        below += weight
    return np.asarray(alpha + above / below, np.float32)


def middle(values: Sequence[Floats]) -> Floats:
    """The median of a few maps, pixel by pixel.

    >>> middle([np.float32([1]), np.float32([5]), np.float32([2])]).tolist()
    [2.0]
    """
    if len(values) == 3:
        return _of_three(*values)
    if len(values) == 5:
        a, b, c, d, e = values
        low = np.maximum(np.minimum(a, b), np.minimum(c, d))
        high = np.minimum(np.maximum(a, b), np.maximum(c, d))
        return _of_three(e, low, high)
    return np.median(values, axis=0).astype(np.float32)


def _of_three(a: Floats, b: Floats, c: Floats) -> Floats:
    return np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))


def _values(alpha: Alpha, others: Mapping[int, Predicted]) -> list[Floats]:
    found = [alpha, *(np.where(other.valid, other.value, alpha) for other in others.values())]
    # Near the ends of a clip a neighbour is missing: like one that is not valid, it counts as the pixel itself.
    return found if len(found) % 2 else [*found, alpha]
