"""Keeps the matte one subject: no leaks far from it, no holes eaten into it, no specks beside it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.models.recall.opinion import Opinion
from vmatte.models.recall.ruler import Ruler
from vmatte.ops.morphology import disc, distance_to, labelled, opened, tally

Floats = NDArray[np.float32]


def from_solid(alpha: Floats, ruler: Ruler) -> Floats:
    """Distance of each pixel from the solid subject, px of the picture."""
    return distance_to(opened(alpha > 0.85, ruler.radius(1.5)))


def reach_of(alpha: Floats, ruler: Ruler) -> float:
    """How far the soft parts of a trusted matte reach from its solid part: the 99th percentile."""
    soft = from_solid(alpha, ruler)[alpha > 0.2]
    return float(np.percentile(soft, 99)) if len(soft) else 0.0


def kept_near(alpha: Floats, reach: float, ruler: Ruler) -> Floats:
    """Fades alpha to zero far from the solid subject: stops leaks that run along background lines."""
    bound = max(2 * ruler.edge, reach + ruler.edge)
    fade: Floats = np.clip(1 - (from_solid(alpha, ruler) - np.float32(bound)) / np.float32(0.6 * ruler.edge), 0, 1)
    return alpha * fade


def filled(alpha: Floats, prior: Floats, depth: Floats, ruler: Ruler) -> Floats:
    """Fills holes that opened deep inside, where the prior saw none.

    A weaker rule on depth would close the loop of an arm; holes that the prior has stay.
    """
    labels, count = labelled(alpha < 0.9, diagonal=False)
    seen = tally(labels, count, prior < 0.6) > 0
    deep = tally(labels, count, depth > ruler.edge) >= 0.8 * tally(labels, count)
    wrong = deep & ~seen
    wrong[0] = False
    return np.where(wrong[labels], np.float32(1), alpha) if wrong.any() else alpha


def cleared(alpha: Floats, prior: Floats, ruler: Ruler) -> Floats:
    """Drops islands under 30 px^2 that the prior knows nothing of."""
    labels, count = labelled(alpha > 0.1)
    area = ruler.scale**2
    wrong = (tally(labels, count) < 30 * area) & (tally(labels, count, prior > 0.5) < 6 * area)
    wrong[0] = False
    return np.where(wrong[labels], np.float32(0), alpha) if wrong.any() else alpha


def held(alpha: Floats, prior: Floats, depth: Floats, trust: Floats, ruler: Ruler) -> Floats:
    """Holds back faint growth that motion knows nothing of: streaks along lines of the background.

    What is well tracked may grow softly by about a pixel a frame, or turn solid; what is not may do as it likes.
    """
    cap = np.float32(0.9) * cv2.dilate(prior, disc(ruler.radius(1.5)))
    cap[depth > -ruler.px(3)] = 1
    freedom = np.maximum(np.clip((alpha - 0.4) / 0.4, 0, 1), np.clip((0.8 - trust) / 0.4, 0, 1))
    return np.where(alpha > cap, cap + (alpha - cap) * freedom, alpha).astype(np.float32)


def followed(alpha: Floats, arrival: Floats, still: Floats, ruler: Ruler) -> Floats:
    """Drops parts apart from the subject that move with the background and not with it.

    Args:
        alpha: (H, W).
        arrival: (H, W, 2) the motion that brought each pixel here.
        still: (2,) the background's mean motion.
        ruler: Of the picture.
    """
    labels, count = labelled(alpha > 0.3)
    if count < 3:
        return alpha
    area = tally(labels, count)
    area[0] = 0
    main = int(area.argmax())
    total = np.stack([np.bincount(labels.ravel(), arrival[..., axis].ravel(), count) for axis in (0, 1)], axis=1)
    pace = total / np.maximum(area, 1)[:, None]
    from_main, from_still = (np.linalg.norm(pace - other, axis=1) for other in (pace[main], still))
    wrong = (from_main > ruler.px(3)) & (from_main > from_still) & (area < 0.4 * area[main])
    wrong[0] = False
    return np.where(wrong[labels], np.float32(0), alpha) if wrong.any() else alpha


def bridged(alpha: Floats, view: Opinion, ruler: Ruler) -> Floats:
    """Closes narrow gaps between solid parts where the memory cannot tell: a cuff between a sleeve and a hand.

    Left alone, what is half believed stays half transparent for good. A gap that shows the background is told apart
    by the memory and stays.
    """
    width = 1.2 * ruler.edge
    near = distance_to(alpha > 0.9) <= width
    gap = distance_to(~near) > width
    unsure = np.clip((0.45 - view.sure) / 0.2, 0, 1) * np.clip((view.alpha - 0.25) / 0.15, 0, 1)
    return np.where(gap, np.maximum(alpha, unsure), alpha).astype(np.float32)
