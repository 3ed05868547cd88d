"""How much a matte flickers, and where: by how far it lies outside what its two neighbours in time span.

A monotone passage of an edge over a pixel counts nothing, even when the flow is wrong. What flow errors make of an
exact matte alternates from pixel to pixel and cancels in a blur; what a model makes of it covers patches and stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha
from vmatte.ops.follow import Predicted
from vmatte.ops.slope import slope
from vmatte.stages.smooth.brought import COARSE, Brought, coarse, resized
from vmatte.stages.smooth.sight import Way

Floats = NDArray[np.float32]

# Gaussians in px of the coarse map: of the patch within which reversals must agree, and of the neighbourhood judged.
_PATCH, _AROUND = 2.0, 6.0
# Slope that keeps a region without any edge judgeable, alpha per px: a hole is found, a stray code is not.
_FLAT = 0.003
# Displacement in px at 180 rows at which smoothing begins and is full: in a clip that is steady otherwise, and in one
# that flickers as a whole. Exact mattes of drawn clips show 0.01 to 0.02 as a whole, 0.06 in their worst frames; with
# 0.75 px of jitter 0.04 to 0.12.
_STEADY, _FLICKERING = (0.06, 0.15), (0.02, 0.05)
# Level of the clip at which one gives way to the other.
_LEVEL = (0.03, 0.05)
# Where the flow cannot be believed only gross faults count: a hole, a frame without a matte.
_GROSS = (0.2, 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Flicker:
    """Of one layer in one frame.

    Attributes:
        around: (r, c) local flicker on the coarse map, px at 180 rows.
        level: The same over the whole frame.
    """

    around: Floats
    level: float

    def gate(self, level: float, size: tuple[int, ...]) -> Floats:
        """How far to smooth each pixel, in [0, 1], when the clip flickers at that level."""
        share = float(_ramp(np.float32(level), *_LEVEL))
        low, high = ((1 - share) * a + share * b for a, b in zip(_STEADY, _FLICKERING, strict=True))
        return resized(_ramp(self.around, low, high), size)

    def gross(self, size: tuple[int, ...]) -> Floats:
        """The same where the flow cannot be believed."""
        return resized(_ramp(self.around, *_GROSS), size)


def flicker(seen: Brought, before: Way, after: Way) -> Flicker:
    """Measures one layer from its two neighbours in time."""
    size = before.flow.shape[:2]
    trust = np.minimum(before.trust, after.trust)
    away = resized(_reversal(seen), size) * trust
    small = coarse(size)
    # Edges of the frame's own matte are not to be relied on: it may be missing.
    edges = _blurred(resized(slope(seen.base), small), _PATCH)
    patches = np.abs(_blurred(resized(away, small), _PATCH))
    # A displacement is in px of the flow's picture; small pictures have no less flow error for being small.
    unit = np.float32(2 * COARSE / max(min(size), 2 * COARSE))
    around = unit * _blurred(patches, _AROUND) / (_blurred(edges, _AROUND) + np.float32(_FLAT))
    total = float(edges.sum())
    return Flicker(around, float(unit * patches.sum()) / total if total > 0 else 0.0)


def _reversal(seen: Brought) -> Floats:
    """What it takes to bring each pixel between its neighbours, signed; the lesser of the two ways."""
    along = _into(seen.alpha, seen.along[-1], seen.along[1])
    carried = _into(seen.alpha, seen.carried[-1], seen.carried[1])
    least = np.where(np.abs(along) < np.abs(carried), along, carried)
    return np.where(np.isfinite(least), least, np.float32(0))


def _into(alpha: Alpha, before: Predicted, after: Predicted) -> Floats:
    low, high = np.minimum(before.value, after.value), np.maximum(before.value, after.value)
    return np.where(before.valid & after.valid, np.clip(alpha, low, high) - alpha, np.float32(np.inf))


def _ramp(values: Floats | np.float32, low: float, high: float) -> Floats:
    share = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _blurred(values: Floats, sigma: float) -> Floats:
    return cast("Floats", cv2.GaussianBlur(values, (0, 0), sigma))
