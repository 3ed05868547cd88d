"""Runs a model with memory from masks on any frames, both ways in time.

Before the first mask the model runs backwards, after the last one forwards. Between two masks it runs both ways, each
time from a memory that knows that mask alone, and the two mattes are cross-faded: each counts in full at its own mask
and for nothing at the other's. How far they contradict each other goes with the matte. Frames that have to wait lie
on disk, so memory stays flat wherever the masks are.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Generator, Iterator, Sequence
from itertools import chain, islice
from typing import Generic, TypeVar

import cv2
import numpy as np

from vmatte.core.errors import HintError
from vmatte.core.keeping import FORGETFUL, Keeper
from vmatte.core.types import Clip, Frame, Hints, Layer, Matte, RecurrentModel, Stream
from vmatte.io.spool import Spool
from vmatte.models.carrying import carried, kept, resumed
from vmatte.models.naming import naming
from vmatte.models.stepping import stepped

logger = logging.getLogger(__name__)

StateT = TypeVar("StateT")

# Full contradiction shortens the cross-fade to a ninth of the way; edges that are a pixel off hardly do.
_STEEP = 8.0
# px over which two mattes have to differ to contradict each other, and the mean difference that counts.
_REACH = 5
_APART = 0.3
Layers = tuple[Layer, ...]


class Keyframed(Generic[StateT]):
    """A Matter made of a model that can only start on a frame that has a mask."""

    def __init__(self, model: RecurrentModel[StateT]) -> None:
        self._model = model

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        """One matte a frame.

        Between two masks a segment can end at the second one only, for what comes before is made from both.

        Raises:
            HintError: No mask falls on a frame of the run.
            ModelError: The model failed; names the frame.
        """
        left: StateT | None = resumed(self._model, keeper)
        if left is not None:
            yield from carried(self._model, left, frames, hints, keeper)
            return
        first = next(frames, None)
        if first is None:
            return
        anchors = _anchors(hints, first)
        run = _Run(self._model, clip, hints)
        frames = chain([first], frames)
        with Spool[Frame]() as past:
            anchor = _reach(frames, anchors[0], past)
            if anchor is None:
                raise HintError(f"the first mask is for frame {anchors[0]}, but the clip ends before it")
            state = run.start(anchor)
            yield from self._before(run, state, anchor, past)
        for stop in anchors[1:]:
            with Spool[Frame]() as between:
                following = _reach(frames, stop, between)
                if following is None:
                    yield from run.go(state, chain([anchor], between))
                    return
                fresh = run.start(following)
                yield from self._between(run, (state, fresh), (anchor, following), between)
                anchor, state = following, fresh
            if keeper.due(anchor.index):
                # A run that starts there knows as much.
                keeper.keep(anchor.index, kept(self._model, None))
        yield from carried(self._model, state, chain([anchor], frames), hints, keeper)

    def _before(self, run: _Run[StateT], state: StateT, anchor: Frame, past: Spool[Frame]) -> Stream[Matte]:
        """Mattes of the frames before the first mask."""
        if len(past) == 0:
            return
        logger.info("the first mask is on frame %d: the %d frames before it run backwards", anchor.index, len(past))
        with run.backwards(state, anchor, past) as done:
            for frame, layers in zip(past, reversed(done), strict=True):
                yield Matte(frame, layers)

    def _between(
        self, run: _Run[StateT], states: tuple[StateT, StateT], anchors: tuple[Frame, Frame], between: Spool[Frame]
    ) -> Stream[Matte]:
        """Mattes from the first of two masks up to, but not including, the second."""
        before, after = anchors
        forwards = run.go(states[0], chain([before], between))
        yield next(forwards)
        if len(between) == 0:
            return
        with run.backwards(states[1], after, between) as done:
            for matte, layers in zip(forwards, reversed(done), strict=True):
                share = (matte.frame.index - before.index) / (after.index - before.index)
                yield Matte(matte.frame, _blended(matte.layers, layers, share))


class _Run(Generic[StateT]):
    """One model on one clip."""

    def __init__(self, model: RecurrentModel[StateT], clip: Clip, hints: Hints) -> None:
        self._model, self._clip, self._hints = model, clip, hints

    def start(self, anchor: Frame) -> StateT:
        """The memory before a frame that has a mask."""
        with naming(anchor):
            return self._model.start(self._clip, self._hints, anchor)

    def go(self, state: StateT, frames: Iterator[Frame]) -> Generator[Matte, None, StateT]:
        """Mattes from that memory on."""
        return stepped(self._model, state, frames, self._hints)

    def backwards(self, state: StateT, anchor: Frame, past: Spool[Frame]) -> Spool[Layers]:
        """Layers of the spooled frames, the last frame's first; leaves `state` as it was."""
        done: Spool[Layers] = Spool()
        mattes = self.go(copy.deepcopy(state), chain([anchor], reversed(past)))
        try:
            for matte in islice(mattes, 1, None):
                done.push(matte.layers)
        except BaseException:
            done.__exit__()
            raise
        return done


def _anchors(hints: Hints, first: Frame) -> Sequence[int]:
    """Numbers of the frames that have a mask, from the first frame of the run on."""
    mask = hints.maps.get("mask")
    if mask is None:
        raise HintError("this model starts from a mask: give one with --mask")
    later = [index for index in mask.indices or (first.index,) if index >= first.index]
    if not later:
        raise HintError(f"the run starts at frame {first.index} and every mask lies before it: give one inside")
    return later


def _reach(frames: Iterator[Frame], number: int, past: Spool[Frame]) -> Frame | None:
    """Spools the frames before `number` and returns that one; None if the clip ends first."""
    for frame in frames:
        if frame.index >= number:
            return frame
        past.push(frame)
    return None


def _blended(old: Layers, new: Layers, share: float) -> Layers:
    """`share` of the new layers over the rest of the old ones, and how far they contradict each other."""
    return tuple(_between(before, after, share) for before, after in zip(old, new, strict=True))


def _between(before: Layer, after: Layer, share: float) -> Layer:
    """Where both sides agree, a plain cross-fade; where one has what the other lost, nearly a cut half-way.

    Half of a limb that only one side kept would be a ghost for as long as the cross-fade lasts.
    """
    apart = cv2.blur(np.abs(after.alpha - before.alpha), (_REACH, _REACH))
    steep = 1 + _STEEP * apart
    part = np.clip(np.float32(0.5) + (np.float32(share) - np.float32(0.5)) * steep, 0, 1)
    alpha = before.alpha + part * (after.alpha - before.alpha)
    subject = float(np.maximum(before.alpha, after.alpha).sum())
    dispute = float(apart[apart > _APART].sum()) / max(subject, 1.0)
    colour = None
    if before.colour is not None and after.colour is not None:
        left, right = (1 - part) * before.alpha, part * after.alpha
        mixed = np.where(left + right > 0, right / np.maximum(left + right, np.float32(1e-6)), part)
        colour = before.colour + mixed[..., None] * (after.colour - before.colour)
    return Layer(before.name, alpha, colour, _surest(before, after, share), dispute)


def _surest(before: Layer, after: Layer, share: float) -> float | None:
    if before.confidence is None or after.confidence is None:
        return None
    return (1 - share) * before.confidence + share * after.confidence
