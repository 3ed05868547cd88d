"""The engine: frames and a first mask in, mattes out; numpy only, its memory a value."""

from __future__ import annotations

from dataclasses import dataclass, field

import os
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha, Image8
from vmatte.models.recall import RecallSettings, shape
from vmatte.models.recall.draw import BACKGROUND_FLOOR, FOREGROUND_FLOOR, examples
from vmatte.models.recall.evidence import Evidence
from vmatte.models.recall.mask import check, outline
from vmatte.models.recall.memory import EMPTY, Memory, Pair
from vmatte.models.recall.motion import Motion, motion
from vmatte.models.recall.opinion import Opinion, opinion
from vmatte.models.recall.ruler import Ruler
from vmatte.models.recall.small import Small, working_size
from vmatte.ops.guided import guided_on, upsample
from vmatte.ops.lab import lab
from vmatte.ops.morphology import Mask, dilate, opened, signed_distance

Floats = NDArray[np.float32]


@dataclass
class State:
    """Everything the engine knows between two frames. A value: it can be copied and pickled.

    Attributes:
        size: (height, width) of the clip's frames.
        memory: The banks.
        rng: Where all draws come from.
        anchor: Mask waiting for the next step; None once it was used.
        last: The last frame at the working size.
        alpha: (h, w) float32, its matte at the working size.
        reach: How far the soft parts reached in the masked frame, working px.
        drift: (x, y) mean motion of the subject when it was last seen, working px.
    """

    size: tuple[int, int]
    memory: Memory
    rng: np.random.Generator
    anchor: NDArray[np.uint8] | None = None
    last: Small | None = None
    alpha: Floats | None = None
    reach: float = 0.0
    area: float = 0.0
    seen: Mask | None = None
    drift: Floats = field(default_factory=lambda: np.zeros(2, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """What is known of a frame before the memory is asked; all (h, w)."""

    prior: Floats
    trust: Floats
    depth: Floats
    band: Mask


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
            mask: (H, W) uint8, subject at 128 and above.

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
        """
        if anchor is not None:
            check(anchor, rgb.shape[:2])
        mask = state.anchor if anchor is None else anchor
        now = Small.of(rgb, self.working_size(*state.size))
        seen = (evidence or Evidence()).at(now.grey.shape)
        state.alpha = self._tracked(state, now, seen) if mask is None else self._anchored(state, now, seen, mask)
        state.last, state.anchor = now, None
        return state, upsample(state.alpha, now.unit, rgb)

    def working_size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) the engine works at for frames of this size."""
        return working_size(height, width, self.settings.work_rows)

    def _anchored(self, state: State, now: Small, seen: Evidence, mask: NDArray[np.uint8]) -> Floats:
        ruler = Ruler.of(*now.grey.shape)
        line = outline(mask, now.grey.shape, ruler)
        state.memory.seed(self._drawn(state, now, line.sure, line.away, line.depth, 1500))
        band = ~(line.sure | line.away)
        view = self._asked(state, now, seen, band, state.memory.read(Pair(EMPTY, EMPTY), state.rng), ruler)
        keep = 0.1 + 0.9 * (1 - view.sure)
        alpha = np.where(band, (1 - keep) * view.alpha + keep * line.prior, line.sure).astype(np.float32)
        alpha = _stretched(guided_on(band, now.unit, alpha, ruler.box(1.5), 2e-4))
        alpha = shape.cleared(shape.filled(alpha, line.prior, line.depth, ruler), line.prior, ruler)
        state.reach = shape.reach_of(alpha, ruler)
        state.area = float((alpha > 0.5).sum())
        return alpha

    def _asked(self, state: State, now: Small, seen: Evidence, where: Mask, banks: Pair, ruler: Ruler) -> Opinion:
        """Asks the memory; with an empty class there is nothing to ask."""
        if not (len(banks.foreground.colour) and len(banks.background.colour)):
            nothing = np.zeros(where.shape, np.float32)
            return Opinion(where, nothing, nothing.copy())
        plate = None if seen.plate is None else lab(seen.plate)
        view = opinion(where, banks, now.lab, ruler, plate)
        if seen.difference is None:
            return view
        far = np.clip((seen.difference - 12) / 12, 0, 1) * where
        return view._replace(alpha=np.maximum(view.alpha, far))

    def _tracked(self, state: State, now: Small, seen: Evidence) -> Floats:
        assert state.last is not None
        assert state.alpha is not None
        ruler = Ruler.of(*now.grey.shape)
        moved = motion(state.last, state.alpha, now, state.drift, ruler, self.settings.motion_rows)
        state.drift = moved.drift
        state.memory.move(moved.foreground, moved.background)
        guess = _guess(moved, seen, ruler)
        area = float((guess.prior > 0.5).sum())
        lost = area < 0.6 * state.area and not any((guess.prior[k] > 0.5).any() for k in (0, -1, (slice(None), 0), (slice(None), -1)))
        near = (9 if lost else 2.2) * ruler.edge
        if area < 10: near = 0
        outside = ~guess.band
        fore, back = outside & (guess.prior > 0.9), outside & (guess.prior < 0.1) & ((guess.depth < -near) if lost else True)
        current = state.memory.screened(self._drawn(state, now, fore, back, guess.depth, 800))
        where = guess.band | (np.abs(guess.depth) < near) | (guess.prior > 0.04)
        if lost and area < 10 and state.seen is not None: where |= state.seen
        if os.environ.get("PRES","1")=="1": where |= _expected(state.memory, ruler, where.shape)
        view = self._asked(state, now, seen, where, state.memory.read(current, state.rng), ruler)
        wrong = _contradicted(view, guess, ruler)
        band = guess.band | dilate(wrong, ruler.radius(1.5))
        alpha = _finished(_fused(view, guess, band), guess, band, now, ruler)
        if os.environ.get("CAP","1")=="1" and not lost: alpha = shape.capped(alpha, guess.prior, guess.depth, guess.trust, ruler)
        alpha = shape.kept_near(alpha, state.reach, ruler)
        alpha = shape.cleared(shape.filled(alpha, guess.prior, guess.depth, ruler), guess.prior, ruler)
        self._write(state, now, alpha, view, guess, band, wrong, lost)
        area = float((alpha > 0.5).sum())
        state.area = max(state.area * 0.995, area)
        if area > 10: state.seen = dilate(alpha > 0.5, 9 * ruler.edge)
        return alpha

    def _drawn(self, state: State, now: Small, fore: Mask, back: Mask, depth: Floats, count: int) -> Pair:
        ruler = Ruler.of(*now.grey.shape)
        return Pair(
            examples(count, fore, depth, FOREGROUND_FLOOR, now.lab, ruler, state.rng),
            examples(int(count*float(os.environ.get("NB","1"))), back, depth, BACKGROUND_FLOOR, now.lab, ruler, state.rng),
        )

    def _write(
        self, state: State, now: Small, alpha: Floats, view: Opinion, guess: Guess, band: Mask, wrong: Mask, lost: bool
    ) -> None:
        clear = (guess.trust > 0.5) & ~band & ~wrong
        fore = (alpha > 0.97) & clear
        if lost: clear = clear & (view.sure > 0.6)
        back = (alpha < 0.02) & (clear | (band & (view.sure > 0.6)))
        state.memory.write(state.memory.screened(self._drawn(state, now, fore, back, guess.depth, 500)))


def _guess(moved: Motion, seen: Evidence, ruler: Ruler) -> Guess:
    prior, extra = moved.prior, None
    if seen.mask is not None:
        extra = np.abs(seen.mask - prior) > 0.5
        share: Floats = np.where(extra, 0.65, 0.2).astype(np.float32)
        prior = share * seen.mask + (1 - share) * prior
    depth = signed_distance(prior > 0.5)
    near = np.abs(depth)
    band = dilate((prior > 0.04) & (prior < 0.96), ruler.radius(2)) | (near < 0.75 * ruler.edge)
    band |= (moved.trust < 0.35) & (near < 3 * ruler.edge)
    if extra is not None:
        band |= extra
    return Guess(prior, moved.trust, depth, band)


def _expected(memory: Memory, ruler: Ruler, size: tuple[int, ...]) -> Mask:
    """Where the subject of the masked frame would be now: it may come out from behind something."""
    x, y = memory.permanent.foreground.place.round().astype(int).T
    seen = (x >= 0) & (y >= 0) & (x < size[1]) & (y < size[0])
    map = np.zeros(size, bool); map[y[seen], x[seen]] = True
    return dilate(map, ruler.px(5))


def _contradicted(view: Opinion, guess: Guess, ruler: Ruler) -> Mask:
    """Where the memory is sure that the prior is wrong; deep inside only where the motion is doubtful too."""
    wrong = view.asked & ~guess.band & (view.sure > 0.6) & (np.abs(view.alpha - guess.prior) > 0.6)
    deep = (guess.depth >= 1.5 * ruler.edge) & (guess.prior >= 0.5)
    return opened(wrong, 1.5) & (~deep | (guess.trust < 0.6))


def _fused(view: Opinion, guess: Guess, band: Mask) -> Floats:
    import os
    K = os.environ.get("K", "0")
    if K == "0":
        keep = np.clip(0.15 + 0.75 * (1 - view.sure), 0, 1) * (0.35 + 0.65 * guess.trust)
    elif K == "1":
        keep = (1 - view.sure) * (0.6 + 0.35 * guess.trust) + view.sure * (0.05 + 0.1 * guess.trust)
    elif K == "2":
        keep = (1 - view.sure) * (0.8 + 0.18 * guess.trust) + view.sure * (0.05 + 0.1 * guess.trust)
    mixed = (1 - keep) * view.alpha + keep * guess.prior
    return np.where(band, mixed, guess.prior > 0.5).astype(np.float32)


def _finished(alpha: Floats, guess: Guess, band: Mask, now: Small, ruler: Ruler) -> Floats:
    """Follows the picture's edges, and the prior where it nearly agrees."""
    alpha = guided_on(band, now.unit, alpha, ruler.box(1.5), 2e-4)
    keep = 0.35 * guess.trust * np.exp(np.abs(alpha - guess.prior) * np.float32(-1 / 0.25))
    return _stretched(np.where(band, (1 - keep) * alpha + keep * guess.prior, alpha).astype(np.float32))


def _stretched(alpha: Floats) -> Floats:
    """Lets nearly clear and nearly solid pixels be clear and solid."""
    stretched: Floats = np.clip((alpha - np.float32(0.015)) / np.float32(0.97), 0, 1)
    return stretched
