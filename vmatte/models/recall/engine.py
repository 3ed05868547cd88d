"""The engine: frames and a first mask in, mattes out; numpy only, its memory a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError
from vmatte.core.types import Alpha, Image8
from vmatte.models.recall import RecallSettings, shape
from vmatte.models.recall.draw import BACKGROUND_FLOOR, FOREGROUND_FLOOR, examples
from vmatte.models.recall.evidence import Evidence
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
    """

    size: tuple[int, int]
    memory: Memory
    rng: np.random.Generator
    anchor: NDArray[np.uint8] | None = None
    last: Small | None = None
    alpha: Floats | None = None
    reach: float = 0.0


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
        self._check(rgb, mask)
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
            self._check(rgb, anchor)
        mask = state.anchor if anchor is None else anchor
        now = Small.of(rgb, self.working_size(*state.size))
        seen = (evidence or Evidence()).at(now.grey.shape)
        state.alpha = self._tracked(state, now, seen) if mask is None else self._anchored(state, now, seen, mask)
        state.last, state.anchor = now, None
        return state, upsample(state.alpha, now.unit, rgb)

    def working_size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) the engine works at for frames of this size."""
        return working_size(height, width, self.settings.work_rows)

    def _check(self, rgb: Image8, mask: NDArray[np.uint8]) -> None:
        if mask.shape != rgb.shape[:2]:
            raise HintError(
                f"mask is {mask.shape[1]}x{mask.shape[0]}, its frame {rgb.shape[1]}x{rgb.shape[0]}: "
                "give a mask of the frame's size"
            )
        if not (mask >= 128).any():
            raise HintError("mask is empty: paint the subject white (128 and above counts)")

    def _anchored(self, state: State, now: Small, seen: Evidence, mask: NDArray[np.uint8]) -> Floats:
        ruler = Ruler.of(*now.grey.shape)
        soft = cv2.resize(mask, now.grey.shape[::-1], interpolation=cv2.INTER_AREA) * np.float32(1 / 255)
        inside = soft >= 0.5
        if not inside.any():
            inside = soft >= min(0.5, float(soft.max()))
        depth = signed_distance(inside)
        prior = _sigmoid(depth / ruler.px(1))
        sure = depth > min(0.8 * ruler.edge, max(2, 0.25 * float(depth.max())))
        away = depth < -1.6 * ruler.edge
        self._seed(state, now, sure if sure.any() else inside, away if away.any() else ~inside, depth, ruler)
        guess = Guess(prior, np.ones_like(prior), depth, ~(sure | away))
        view = self._asked(state, now, seen, guess.band, state.memory.read(Pair(EMPTY, EMPTY), state.rng), ruler)
        keep = np.float32(0.1) + np.float32(0.9) * (1 - view.sure)
        alpha = np.where(guess.band, (1 - keep) * view.alpha + keep * prior, inside).astype(np.float32)
        alpha = _stretched(guided_on(guess.band, now.unit, alpha, ruler.box(1.5), 2e-4))
        alpha = shape.cleared(shape.filled(alpha, prior, depth, ruler), prior, ruler)
        state.reach = shape.reach_of(alpha, ruler)
        return alpha

    def _seed(self, state: State, now: Small, sure: Mask, away: Mask, depth: Floats, ruler: Ruler) -> None:
        state.memory.seed(
            Pair(
                examples(1500, sure, depth, FOREGROUND_FLOOR, now.lab, ruler, state.rng),
                examples(1500, away, depth, BACKGROUND_FLOOR, now.lab, ruler, state.rng),
            )
        )

    def _asked(self, state: State, now: Small, seen: Evidence, where: Mask, banks: Pair, ruler: Ruler) -> Opinion:
        """Asks the memory; with an empty class there is nothing to ask."""
        if not (len(banks.foreground.colour) and len(banks.background.colour)):
            nothing = np.zeros(where.shape, np.float32)
            return Opinion(where, nothing, nothing.copy())
        plate = None if seen.plate is None else lab(seen.plate)
        known = None if seen.known is None else seen.known > 0.5
        view = opinion(where, banks, now.lab, ruler, plate, known)
        if seen.difference is None:
            return view
        far = np.clip((seen.difference - 12) / 12, 0, 1) * (where if known is None else where & known)
        return view._replace(alpha=np.maximum(view.alpha, far))

    def _tracked(self, state: State, now: Small, seen: Evidence) -> Floats:
        assert state.last is not None and state.alpha is not None
        ruler = Ruler.of(*now.grey.shape)
        moved = motion(state.last, state.alpha, now, ruler, self.settings.motion_rows)
        state.memory.move(moved.flow)
        guess = _guess(moved, seen, ruler)
        outside = ~guess.band
        current = self._drawn(state, now, outside & (guess.prior > 0.9), outside & (guess.prior < 0.1), guess, 800)
        where = guess.band | (np.abs(guess.depth) < 2.2 * ruler.edge) | (guess.prior > 0.04)
        view = self._asked(state, now, seen, where, state.memory.read(current, state.rng), ruler)
        wrong = _contradicted(view, guess, ruler)
        band = guess.band | dilate(wrong, ruler.radius(1.5))
        alpha = _finished(_fused(view, guess, band), guess, band, now, ruler)
        alpha = shape.kept_near(alpha, state.reach, ruler)
        alpha = shape.cleared(shape.filled(alpha, guess.prior, guess.depth, ruler), guess.prior, ruler)
        self._write(state, now, alpha, view, guess, band, wrong)
        return alpha

    def _drawn(self, state: State, now: Small, fore: Mask, back: Mask, guess: Guess, count: int) -> Pair:
        ruler = Ruler.of(*now.grey.shape)
        pair = Pair(
            examples(count, fore, guess.depth, FOREGROUND_FLOOR, now.lab, ruler, state.rng),
            examples(count, back, guess.depth, BACKGROUND_FLOOR, now.lab, ruler, state.rng),
        )
        return state.memory.screened(pair)

    def _write(
        self, state: State, now: Small, alpha: Floats, view: Opinion, guess: Guess, band: Mask, wrong: Mask
    ) -> None:
        clear = (guess.trust > 0.5) & ~band & ~wrong
        fore = (alpha > 0.97) & clear
        back = (alpha < 0.02) & (clear | (band & (view.sure > 0.6)))
        state.memory.write(self._drawn(state, now, fore, back, guess, 500))


def _guess(moved: Motion, seen: Evidence, ruler: Ruler) -> Guess:
    prior, extra = moved.prior, None
    if seen.mask is not None:
        extra = np.abs(seen.mask - prior) > 0.5
        if seen.known is not None:
            extra &= seen.known > 0.5
        share = np.where(extra, np.float32(0.65), np.float32(0.2))
        if seen.known is not None:
            share *= seen.known
        prior = share * seen.mask + (1 - share) * prior
    depth = signed_distance(prior > 0.5)
    near = np.abs(depth)
    band = dilate((prior > 0.04) & (prior < 0.96), ruler.radius(2)) | (near < 0.75 * ruler.edge)
    band |= (moved.trust < 0.35) & (near < 3 * ruler.edge)
    if extra is not None:
        band |= extra
    return Guess(prior, moved.trust, depth, band)


def _contradicted(view: Opinion, guess: Guess, ruler: Ruler) -> Mask:
    """Where the memory is sure that the prior is wrong; deep inside only where the motion is doubtful too."""
    wrong = view.asked & ~guess.band & (view.sure > 0.6) & (np.abs(view.alpha - guess.prior) > 0.6)
    deep = (guess.depth >= 1.5 * ruler.edge) & (guess.prior >= 0.5)
    return opened(wrong, 1.5) & (~deep | (guess.trust < 0.6))


def _fused(view: Opinion, guess: Guess, band: Mask) -> Floats:
    keep = np.clip(0.15 + 0.75 * (1 - view.sure), 0, 1) * (0.35 + 0.65 * guess.trust)
    mixed = (1 - keep) * view.alpha + keep * guess.prior
    return np.where(band, mixed, guess.prior > 0.5).astype(np.float32)


def _finished(alpha: Floats, guess: Guess, band: Mask, now: Small, ruler: Ruler) -> Floats:
    """Follows the picture's edges, and the prior where it nearly agrees."""
    alpha = guided_on(band, now.unit, alpha, ruler.box(1.5), 2e-4)
    keep = 0.35 * guess.trust * np.exp(np.abs(alpha - guess.prior) * np.float32(-1 / 0.25))
    return _stretched(np.where(band, (1 - keep) * alpha + keep * guess.prior, alpha).astype(np.float32))


def _stretched(alpha: Floats) -> Floats:
    """Lets nearly clear and nearly solid pixels be clear and solid."""
    return np.clip((alpha - np.float32(0.015)) / np.float32(0.97), 0, 1)


def _sigmoid(value: Floats) -> Floats:
    return cast("Floats", 1 / (1 + np.exp(np.clip(-value, -60, 60))))
