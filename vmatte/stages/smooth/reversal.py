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
from vmatte.ops.follow import Predicted, solid
from vmatte.ops.slope import slope
from vmatte.stages.smooth.brought import COARSE, Brought, coarse, resized
from vmatte.stages.smooth.sight import Way

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

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
# The same for plain pixels, as a change of alpha: two 8-bit codes are nobody's flicker, five are.
_CORE = (2 / 255, 5 / 255)
# Where the flow cannot be believed only gross faults count: a hole, a frame without a matte.
_GROSS, _GROSS_CORE = (0.2, 0.5), (0.05, 0.15)
# Width of the passage from soft to plain pixels, px.
_SEAM = 5


@dataclass(frozen=True, slots=True, eq=False)
class Flicker:
    """Of one layer in one frame.

    Attributes:
        edges: (r, c) flicker nearby as a displacement of edges, on the coarse map, px at 180 rows.
        core: (r, c) that of plain pixels alone, alpha.
        plain: (h, w) which are plain: solid or empty, a pixel away from any edge.
        level: That of all edges together, px at 180 rows.
    """

    edges: Floats
    core: Floats
    plain: Mask
    level: float

    def gate(self, level: float, size: tuple[int, ...]) -> Floats:
        """How far to smooth each pixel, in [0, 1], when the clip's edges flicker at that level."""
        share = float(_ramp(np.float32(level), *_LEVEL))
        low, high = ((1 - share) * a + share * b for a, b in zip(_STEADY, _FLICKERING, strict=True))
        return self._laid(_ramp(self.edges, low, high), _ramp(self.core, *_CORE), size)

    def gross(self, size: tuple[int, ...]) -> Floats:
        """The same where only gross faults count."""
        return self._laid(_ramp(self.edges, *_GROSS), _ramp(self.core, *_GROSS_CORE), size)

    def _laid(self, edges: Floats, core: Floats, size: tuple[int, ...]) -> Floats:
        here = self.plain.shape
        # A soft seam, or it would be seen in the matte.
        share = cv2.blur(self.plain.astype(np.float32), (_SEAM, _SEAM))
        return resized(np.maximum(share * resized(core, here), resized(edges, here)), size)


def flicker(seen: Brought, before: Way, after: Way) -> Flicker:
    """Measures one layer from its two neighbours in time."""
    size = before.flow.shape[:2]
    away = resized(_reversal(seen), size)
    # Edges of the frame's own matte are not to be relied on: it may be missing.
    plain = solid(seen.base) | solid(1 - seen.base)
    small = coarse(size)
    slopes = _blurred(resized(slope(seen.base), small), _PATCH)
    trusted = _patches(away * np.minimum(before.trust, after.trust), small)
    hard, solid_share = _patches(np.where(plain, away, np.float32(0)), small), resized(plain.astype(np.float32), small)
    # A displacement is in px of the flow's picture; small pictures have no less flow error for being small.
    unit = np.float32(2 * COARSE / max(min(size), 2 * COARSE))
    edges = unit * _blurred(trusted, _AROUND) / (_blurred(slopes, _AROUND) + np.float32(_FLAT))
    total = float(slopes.sum())
    core = _blurred(hard, _PATCH) / (_blurred(solid_share, _PATCH) + np.float32(0.1))
    return Flicker(edges, core, plain, float(unit * trusted.sum()) / total if total > 0 else 0.0)


def _patches(away: Floats, size: tuple[int, int]) -> Floats:
    """What agrees within a patch, on the coarse map."""
    return np.abs(_blurred(resized(away, size), _PATCH))


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
