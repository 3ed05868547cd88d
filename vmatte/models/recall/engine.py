"""The engine: frames and a first mask in, mattes out; numpy only, its memory a value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha, Image8
from vmatte.models.recall import RecallSettings, shape
from vmatte.models.recall.blend import edged, finished, fused, shown, stretched
from vmatte.models.recall.draw import BACKGROUND_FLOOR, FOREGROUND_FLOOR, examples
from vmatte.models.recall.evidence import Evidence
from vmatte.models.recall.guess import Guess, contradicted, guessed, queried, sure_background
from vmatte.models.recall.mask import check, outline
from vmatte.models.recall.memory import EMPTY, Memory, Pair
from vmatte.models.recall.motion import motion
from vmatte.models.recall.opinion import Opinion, opinion
from vmatte.models.recall.ruler import Ruler
from vmatte.models.recall.second_look import second_look
from vmatte.models.recall.small import Small
from vmatte.models.recall.state import State
from vmatte.ops.guided import upsample
from vmatte.ops.lab import lab
from vmatte.ops.morphology import Mask, dilate
from vmatte.ops.shrink import working_size

Floats = NDArray[np.float32]

#: Examples of each class: kept for good from the masked frame, drawn for one frame, kept of every frame.
SEED, CURRENT, KEPT = 1500, 800, 500


class Engine:
    """Follows one subject.

    The first `step` after `start` takes the frame the mask belongs to and returns that frame's matte.
    """

    def __init__(self, settings: RecallSettings) -> None:
        self.settings = settings

    def start(self, rgb: Image8, mask: NDArray[np.uint8]) -> State:
        """The memory before the masked frame.

        Args:
            rgb: (H, W, 3) the masked frame.
            mask: (H, W) uint8, subject at 128 and above; the soft edge of a matte is believed.

        Raises:
            HintError: The mask has another size than the frame, or nothing in it.
        """
        check(mask, rgb.shape[:2])
        return State(
            size=(rgb.shape[0], rgb.shape[1]),
            memory=Memory(lasting=self.settings.permanent_bank),
            rng=np.random.default_rng(self.settings.seed),
            anchor=mask,
        )

    def step(
        self, state: State, rgb: Image8, evidence: Evidence | None = None, anchor: NDArray[np.uint8] | None = None
    ) -> tuple[State, Alpha]:
        """The memory after a frame, and its matte (H, W); updates `state` in place.

        Args:
            state: From `start` or the last step.
            rgb: (H, W, 3) the next frame, in either direction of time.
            evidence: What another method knows about this frame.
            anchor: A mask for this very frame; the memory starts over from it.

        Raises:
            HintError: `anchor` has another size than the frame, or nothing in it.
        """
        if anchor is not None:
            check(anchor, rgb.shape[:2])
        mask = state.anchor if anchor is None else anchor
        size = self.working_size(*state.size)
        now, ruler = Small.of(rgb, size), Ruler.of(*size)
        seen = (evidence or Evidence()).at(size)
        if mask is None:
            state.alpha = self._tracked(state, now, seen, ruler)
        else:
            state.alpha = self._anchored(state, now, seen, mask, ruler)
        state.sighting.note(state.alpha)
        state.last, state.anchor = now, None
        return state, upsample(shown(state.alpha, ruler), now.guide, rgb)

    def working_size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) the engine works at for frames of this size."""
        return working_size(height, width, self.settings.work_rows)

    def _anchored(self, state: State, now: Small, seen: Evidence, mask: NDArray[np.uint8], ruler: Ruler) -> Floats:
        line = outline(mask, now.size, ruler)
        state.memory.seed(_drawn(state, now, line.sure, line.away, line.depth, SEED, ruler))
        state.sighting.area = 0.0
        band = ~(line.sure | line.away)
        view = _asked(band, state.memory.read(Pair(EMPTY, EMPTY), state.rng), now, seen, line.prior, ruler)
        keep = 0.1 + 0.9 * (1 - view.sure)
        alpha = np.where(band, (1 - keep) * view.alpha + keep * line.prior, line.sure).astype(np.float32)
        alpha = stretched(edged(alpha, band, now, ruler))
        alpha = shape.cleared(shape.filled(alpha, line.prior, line.depth, ruler), line.prior, ruler)
        state.reach = shape.reach_of(alpha, ruler)
        return alpha

    def _tracked(self, state: State, now: Small, seen: Evidence, ruler: Ruler) -> Floats:
        assert state.last is not None
        assert state.alpha is not None
        moved = motion(state.last, state.alpha, now, state.sighting, ruler, self.settings.motion_rows)
        state.sighting.drift = moved.drift
        state.memory.move(moved.foreground, moved.background)
        guess = guessed(moved, seen, state.sighting, ruler)
        fore, back = ~guess.band & (guess.prior > 0.9), sure_background(guess, ruler)
        current = state.memory.screened(_drawn(state, now, fore, back, guess.depth, CURRENT, ruler))
        where = queried(guess, state.memory, state.sighting, ruler)
        view = _asked(where, state.memory.read(current, state.rng), now, seen, guess.prior, ruler)
        wrong = contradicted(view, guess, ruler)
        band = guess.band | dilate(wrong, ruler.radius(1.5))
        alpha = finished(fused(view, guess, band), guess, band, now, ruler)
        alpha = shape.bridged(alpha, view, ruler)
        if not guess.lost:
            alpha = shape.held(alpha, guess.prior, guess.depth, guess.trust, ruler)
            if seen.mask is None:
                alpha = shape.followed(alpha, moved.arrival, moved.still, ruler)
        alpha = shape.kept_near(alpha, state.reach, ruler)
        alpha = shape.cleared(shape.filled(alpha, guess.prior, guess.depth, ruler), guess.prior, ruler)
        fore, back = _learnt(alpha, view, guess, band, wrong)
        state.memory.write(state.memory.screened(_drawn(state, now, fore, back, guess.depth, KEPT, ruler)))
        return alpha


def _asked(where: Mask, banks: Pair, now: Small, seen: Evidence, prior: Floats, ruler: Ruler) -> Opinion:
    """Asks the memory; with an empty class there is nothing to ask."""
    if not (len(banks.foreground.colour) and len(banks.background.colour)):
        return Opinion(where, np.zeros(where.shape, np.float32), np.zeros(where.shape, np.float32))
    plate = None if seen.plate is None else lab(seen.plate)
    known = None if seen.known is None else seen.known > 0.5
    view = opinion(where, banks, now.lab, ruler, plate, known)
    if plate is None:
        view = second_look(view, prior, now.lab, banks.background, ruler)
    if seen.difference is None:
        return view
    far = np.clip((seen.difference - 12) / 12, 0, 1) * (where if known is None else where & known)
    return view._replace(alpha=np.maximum(view.alpha, far).astype(np.float32))


def _drawn(state: State, now: Small, fore: Mask, back: Mask, depth: Floats, count: int, ruler: Ruler) -> Pair:
    return Pair(
        examples(count, fore, depth, FOREGROUND_FLOOR, now.lab, ruler, state.rng),
        examples(count, back, depth, BACKGROUND_FLOOR, now.lab, ruler, state.rng),
    )


def _learnt(alpha: Floats, view: Opinion, guess: Guess, band: Mask, wrong: Mask) -> tuple[Mask, Mask]:
    """Where this frame's matte is good enough to be remembered, by class."""
    clear = (guess.trust > 0.5) & ~band & ~wrong
    fore = (alpha > 0.97) & clear
    sure = view.sure > 0.6
    back = (alpha < 0.02) & ((clear & (sure | (not guess.lost))) | (band & sure))
    return fore, back
