"""A matte that is paler or denser as a whole than those around it: one factor a frame brings it back.

A model without memory is now more, now less sure of the whole subject. Inside the subject flow is dependable and its
motion does not matter, so the median over the window tells the usual density; a subject that fades in or out keeps its
own, for the median of a steady course is its middle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vmatte.ops.follow import Predicted, solid
from vmatte.stages.smooth.brought import Brought, resized

Floats = NDArray[np.float32]

# Rows that are looked at, and pixels of interior below which nothing is said.
_ROWS, _FEW = 180, 64
# Beyond these factors it is not the density that changed: the frame lost its subject, and others mend that.
_LEAST, _MOST = 0.7, 1.4


def levelled(seen: Brought) -> Brought:
    """The layer with all its mattes at the density usual for the window; exact mattes come back bit for bit."""
    found = _densities(seen)
    # As many before as after, or the first frames of a fade would be pulled along.
    balanced = [density for offset, density in found.items() if -offset in found]
    usual = float(np.median(balanced)) if balanced else 0.0
    factors = {offset: usual / density for offset, density in found.items() if density > 0}
    factors = {offset: factor for offset, factor in factors.items() if _LEAST <= factor <= _MOST and factor != 1}
    if not factors:
        return seen
    alpha = _scaled(seen.alpha, factors.get(0, 1.0))
    return replace(seen, alpha=alpha, along=_all(seen.along, factors), carried=_all(seen.carried, factors))


def _densities(seen: Brought) -> dict[int, float]:
    """The median inside the subject by offset, 0 for the matte itself; none where there is too little of it."""
    step = max(1, min(seen.alpha.shape) // _ROWS)
    inside = resized(solid(seen.base).astype(np.float32), seen.alpha.shape)[::step, ::step] == 1
    for other in seen.carried.values():
        inside &= other.valid[::step, ::step]
    if np.count_nonzero(inside) < _FEW:
        return {}
    mattes = {0: seen.alpha, **{offset: other.value for offset, other in seen.carried.items()}}
    return {offset: float(np.median(matte[::step, ::step][inside])) for offset, matte in mattes.items()}


def _all(others: Mapping[int, Predicted], factors: Mapping[int, float]) -> dict[int, Predicted]:
    return {
        offset: Predicted(_scaled(other.value, factors.get(offset, 1.0)), other.valid)
        for offset, other in others.items()
    }


def _scaled(alpha: Floats, factor: float) -> Floats:
    return alpha if factor == 1 else np.minimum(alpha * np.float32(factor), np.float32(1))
