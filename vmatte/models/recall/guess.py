"""What is known of a frame before the memory is asked, and where to ask it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vmatte.models.recall.evidence import Evidence
from vmatte.models.recall.memory import Memory
from vmatte.models.recall.motion import Motion
from vmatte.models.recall.opinion import Opinion
from vmatte.models.recall.ruler import Ruler
from vmatte.models.recall.state import NOTHING, Sighting
from vmatte.ops.morphology import Mask, dilate, opened, signed_distance

Floats = NDArray[np.float32]

#: In units of r0: how far from the contour the memory is asked, and how far when the subject is lost.
NEAR, SEARCH = 2.2, 9.0
#: Share of the subject's late area below which it counts as lost behind something.
LOST = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """What motion says of a frame; all (h, w).

    Attributes:
        prior: The moved matte.
        trust: How far to believe the motion.
        depth: px to the prior's contour, positive inside.
        band: Where alpha is open; elsewhere the prior decides.
        lost: Whether most of the subject is hidden, and it must be looked for.
    """

    prior: Floats
    trust: Floats
    depth: Floats
    band: Mask
    lost: bool = False


def guessed(moved: Motion, seen: Evidence, sighting: Sighting, ruler: Ruler) -> Guess:
    """The prior with its band, moved toward a mask from outside if there is one."""
    prior, far = moved.prior, None
    if seen.mask is not None:
        far = np.abs(seen.mask - prior) > 0.5
        share: Floats = np.where(far, 0.65, 0.2).astype(np.float32)
        if seen.known is not None:
            far &= seen.known > 0.5
            share *= seen.known
        prior = share * seen.mask + (1 - share) * prior
    depth = signed_distance(prior > 0.5)
    near = np.abs(depth)
    band = dilate((prior > 0.04) & (prior < 0.96), ruler.radius(2)) | (near < 0.75 * ruler.edge)
    band |= (moved.trust < 0.35) & (near < 3 * ruler.edge)
    if far is not None:
        band |= far
    return Guess(prior, moved.trust, depth, band, seen.mask is None and _lost(prior > 0.5, sighting))


def _lost(solid: Mask, sighting: Sighting) -> bool:
    """Whether the subject shrank while it was nowhere near leaving the picture."""
    leaving = solid[0].any() or solid[-1].any() or solid[:, 0].any() or solid[:, -1].any()
    return bool(not leaving and np.count_nonzero(solid) < LOST * sighting.area)


def queried(guess: Guess, memory: Memory, sighting: Sighting, ruler: Ruler) -> Mask:
    """Where to ask the memory: about the contour, inside, and where a hidden subject may come out."""
    near = (SEARCH if guess.lost else NEAR) * ruler.edge
    where = guess.band | (np.abs(guess.depth) < near) | (guess.prior > 0.04)
    if guess.lost and np.count_nonzero(guess.prior > 0.5) <= NOTHING:
        left, top, width, height = sighting.box
        margin = round(near + sighting.age * float(np.abs(sighting.drift).max()))
        where[max(0, top - margin) : top + height + margin, max(0, left - margin) : left + width + margin] = True
    return where | _expected(memory, ruler, where.shape)


def sure_background(guess: Guess, ruler: Ruler) -> Mask:
    """Where examples of the background may be drawn: not where a lost subject may reappear."""
    sure = ~guess.band & (guess.prior < 0.1)
    # A limb that swings out is not tracked at once; it must not be learnt as background (drawn: MAD 20.0 to 18.4).
    sure &= (guess.trust > 0.5) | (guess.depth < -4 * ruler.edge)
    return sure & (guess.depth < -SEARCH * ruler.edge) if guess.lost else sure


def contradicted(view: Opinion, guess: Guess, ruler: Ruler) -> Mask:
    """Where the memory is sure that the prior is wrong; deep inside only where the motion is doubtful too.

    Handles what passes in front, and the subject's return, without eating a face that looks like the background.
    """
    wrong = view.asked & ~guess.band & (view.sure > 0.6) & (np.abs(view.alpha - guess.prior) > 0.6)
    deep = (guess.depth >= 1.5 * ruler.edge) & (guess.prior >= 0.5)
    return opened(wrong, 1.5) & (~deep | (guess.trust < 0.6))


def _expected(memory: Memory, ruler: Ruler, size: tuple[int, ...]) -> Mask:
    """Around the places that the masked frame's subject has moved to, seen or hidden."""
    place = np.rint(memory.permanent.foreground.place).astype(int)
    inside = ((place >= 0) & (place < (size[1], size[0]))).all(1)
    expected = np.zeros(size, bool)
    expected[place[inside, 1], place[inside, 0]] = True
    return dilate(expected, ruler.px(5))
