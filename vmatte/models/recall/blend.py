"""Memory and motion made one matte."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vmatte.models.recall.guess import Guess
from vmatte.models.recall.opinion import Opinion
from vmatte.models.recall.ruler import Ruler
from vmatte.models.recall.small import Small
from vmatte.ops.guided import guided_on
from vmatte.ops.morphology import Mask, signed_distance

Floats = NDArray[np.float32]


def fused(view: Opinion, guess: Guess, band: Mask) -> Floats:
    """The memory where it is sure, motion where it is not; outside the band motion alone."""
    keep = np.clip(0.15 + 0.75 * (1 - view.sure), 0, 1) * (0.35 + 0.65 * guess.trust)
    mixed = (1 - keep) * view.alpha + keep * guess.prior
    return np.where(band, mixed, guess.prior > 0.5).astype(np.float32)


def finished(alpha: Floats, guess: Guess, band: Mask, now: Small, ruler: Ruler) -> Floats:
    """Follows the picture's edges, and the prior where it nearly agrees, so that the matte does not shimmer."""
    alpha = edged(alpha, band, now, ruler)
    keep = 0.55 * guess.trust * np.exp(np.abs(alpha - guess.prior) * np.float32(-1 / 0.25))
    return stretched(np.where(band, (1 - keep) * alpha + keep * guess.prior, alpha).astype(np.float32))


def edged(alpha: Floats, band: Mask, now: Small, ruler: Ruler) -> Floats:
    """Draws the band's alpha to the picture's edges."""
    return guided_on(band, now.guide, alpha, ruler.box(1.5), 2e-4)


def shown(alpha: Floats, ruler: Ruler) -> Floats:
    """The matte as it leaves the engine: faint cracks well inside the subject closed, faint haze outside gone.

    Only on the way out. Fed back it would harden every mistake (drawn clips, three seeds: MAD 15.6 to 18.1 instead of
    15.6 to 15.0).
    """
    depth = signed_distance(alpha > 0.5)
    lift = 1 + np.float32(0.4) * np.clip(depth / np.float32(ruler.edge) - np.float32(0.2), 0, 1)
    firm: Floats = np.clip((np.minimum(alpha * lift, 1) - np.float32(0.04)) / np.float32(0.93), 0, 1)
    return firm


def stretched(alpha: Floats) -> Floats:
    """Lets nearly clear and nearly solid pixels be clear and solid."""
    wider: Floats = np.clip((alpha - np.float32(0.015)) / np.float32(0.97), 0, 1)
    return wider
