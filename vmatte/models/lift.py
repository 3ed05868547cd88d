"""Lifts a model of any of the three kinds to a Matter: frames in, mattes out, same order, same number.

A model with memory that starts from a mask may get its first mask on any frame. The frames before it are set
aside on disk, run backwards from it, and given out in order, so memory stays flat whatever the mask's place.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, Generic, TypeVar, cast

import numpy as np

from vmatte.core.errors import HintError, ModelError, VmatteError
from vmatte.core.types import (
    BatchModel,
    Clip,
    Frame,
    Hints,
    Layer,
    Matte,
    Matter,
    RecurrentModel,
    Stream,
)
from vmatte.io.spool import Spool
from vmatte.models.checkpoint import with_checkpoint
from vmatte.models.registry import ModelSettings, build, card

logger = logging.getLogger(__name__)

StateT = TypeVar("StateT")
R = TypeVar("R")


def load_model(settings: ModelSettings | str, device: str = "cpu") -> Matter:
    """Builds the model that `settings` belong to, ready for the pipeline.

    Args:
        settings: The dataclass of the model's card, or the card's name for the default settings.
        device: `cpu`, `cuda` or `mps`; models without a network run on the CPU whatever it says.

    Weights that the settings do not name come from the store, which fetches them on first use.

    Raises:
        ConfigError: No model has this name.
        WeightsError: Its weights cannot be had, or their licence has not been accepted.
    """
    if isinstance(settings, str):
        settings = card(settings).settings()
    settings = with_checkpoint(settings)
    return lift(build(settings, device), anchored="mask" in card(settings.name).needs)


def lift(model: object, anchored: bool = False) -> Matter:
    """Wraps a BatchModel or a RecurrentModel; a Matter is returned as it is.

    Args:
        model: Any of the three kinds.
        anchored: Whether a model with memory can only start on a frame that has a mask.
    """
    if hasattr(model, "mattes"):
        return cast("Matter", model)
    if hasattr(model, "step"):
        return Recurrent(cast("RecurrentModel[Any]", model), anchored)
    return Batched(cast("BatchModel", model))


class Recurrent(Generic[StateT]):
    """Carries a model's memory from frame to frame."""

    def __init__(self, model: RecurrentModel[StateT], anchored: bool) -> None:
        self._model = model
        self._anchored = anchored

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]:
        """One matte a frame.

        Raises:
            HintError: The model starts from a mask and none falls on a frame of the clip.
            ModelError: The model failed; names the frame.
        """
        first = next(frames, None)
        if first is None:
            return
        anchor = self._anchor(hints, first)
        if anchor > first.index:
            with Spool[Frame]() as past:
                first = _set_aside(past, chain([first], frames), anchor)
                yield from self._backwards(clip, hints, first, past)
        yield from self._run(clip, hints, chain([first], frames))

    def _anchor(self, hints: Hints, first: Frame) -> int:
        """Number of the frame to start from."""
        if not self._anchored:
            return first.index
        mask = hints.maps.get("mask")
        if mask is None:
            raise HintError("this model starts from a mask: give one with --mask")
        later = [index for index in mask.indices or (first.index,) if index >= first.index]
        if not later:
            raise HintError(f"the run starts at frame {first.index} and every mask lies before it: give one inside")
        return later[0]

    def _run(self, clip: Clip, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]:
        state: StateT | None = None
        for frame in frames:
            with _naming(frame):
                if state is None:
                    state = self._model.start(clip, hints, frame)
                state, matte = self._model.step(state, frame, hints)
            yield matte
            del frame, matte

    def _backwards(self, clip: Clip, hints: Hints, anchor: Frame, past: Spool[Frame]) -> Stream[Matte]:
        """Mattes of the frames set aside, in order of time, made in the other order."""
        logger.info("the first mask is on frame %d: the %d frames before it run backwards", anchor.index, len(past))
        mattes = self._run(clip, hints, chain([anchor], reversed(past)))
        with Spool[tuple[Layer, ...]]() as done:
            for matte in islice(mattes, 1, None):
                done.push(matte.layers)
            for frame, layers in zip(past, reversed(done), strict=True):
                yield Matte(frame, layers)


def _set_aside(past: Spool[Frame], frames: Iterator[Frame], anchor: int) -> Frame:
    """Spools the frames before number `anchor` and returns that one."""
    for frame in frames:
        if frame.index >= anchor:
            return frame
        past.push(frame)
    raise HintError(f"the first mask is for frame {anchor}, but the clip ends at frame {frame.index}")


class Batched:
    """Runs a model without memory on batches, or on overlapping windows that it cross-fades."""

    def __init__(self, model: BatchModel) -> None:
        if not 0 <= model.overlap < model.size:
            raise ValueError(f"overlap must be at least 0 and less than size {model.size}, not {model.overlap}")
        self._model = model

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]:
        """One matte a frame.

        Raises:
            ModelError: The model failed; names the first frame of the batch.
        """
        overlap = self._model.overlap
        window = list(islice(frames, self._model.size))
        tail: Sequence[Matte] = ()
        while window:
            with _naming(window[0]):
                made = list(self._model.infer(window, hints))
            made[: len(tail)] = [
                _cross_faded(old, new, (k + 1) / (len(tail) + 1))
                for k, (old, new) in enumerate(zip(tail, made, strict=False))
            ]
            fresh = list(islice(frames, self._model.size - overlap))
            keep = overlap if fresh else 0
            yield from made[: len(made) - keep]
            tail = made[len(made) - keep :]
            window = window[len(window) - keep :] + fresh


def _cross_faded(old: Matte, new: Matte, share: float) -> Matte:
    """`share` of the new matte over the rest of the old one."""
    layers = tuple(
        Layer(b.name, np.float32(1 - share) * a.alpha + np.float32(share) * b.alpha, b.colour)
        for a, b in zip(old.layers, new.layers, strict=True)
    )
    return Matte(new.frame, layers)


@contextmanager
def _naming(frame: Frame) -> Iterator[None]:
    """Turns whatever a model raises into a ModelError that names the frame."""
    try:
        yield
    except VmatteError:
        raise
    except MemoryError as error:
        raise ModelError(f"out of memory at frame {frame.index}: lower the model's working size with --set") from error
    except Exception as error:
        raise ModelError(f"the model failed at frame {frame.index}: {type(error).__name__}: {error}") from error
