"""Lifts a model of any of the four kinds to a Matter: frames in, mattes out, same order, same number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import numpy as np

from vmatte.core.keeping import FORGETFUL, Keeper, Parts
from vmatte.core.types import (
    BatchModel,
    Clip,
    Frame,
    Hints,
    Layer,
    Matte,
    Matter,
    RecurrentModel,
    Refiner,
    Stream,
)
from vmatte.models.carrying import carried, kept, resumed
from vmatte.models.checkpoint import with_checkpoint
from vmatte.models.keyframes import Keyframed
from vmatte.models.naming import naming
from vmatte.models.objects import Objects
from vmatte.models.recognise import recognised
from vmatte.models.registry import ModelSettings, Runtime, build, card
from vmatte.models.trimapped.matter import Trimapped

StateT = TypeVar("StateT")


def load_model(settings: ModelSettings | str | Path, device: str = "cpu", precision: str = "auto") -> Matter:
    """Builds the model that `settings` belong to, ready for the pipeline.

    Args:
        settings: The dataclass of the model's card, or the card's name for the default settings; or the path of a
            checkpoint, whose model is then recognised by its content.
        device: `auto`, `cpu`, `cuda` or `mps`; models without a network run on the CPU whatever it says.
        precision: `auto`, `fp32`, `bf16` or `fp16`.

    Raises:
        ConfigError: No model has this name, or this machine has no such device.
        WeightsError: The model's weights cannot be had, are not its, or are no known model's.
    """
    if isinstance(settings, Path):
        settings = recognised(settings).card.made(weights=settings)
    elif isinstance(settings, str):
        settings = card(settings).made()
    settings = with_checkpoint(settings)
    model = build(settings, Runtime(device, precision))
    return lift(model, anchored="mask" in card(settings.name).needs)


def load_refiner(settings: ModelSettings | str, device: str = "cpu", precision: str = "auto") -> Refiner:
    """Builds a model that works over trimaps, for mattes that there are already; as `load_model`.

    Raises:
        ConfigError, WeightsError: As in `load_model`.
    """
    if isinstance(settings, str):
        settings = card(settings).made()
    return cast("Refiner", build(with_checkpoint(settings), Runtime(device, precision)))


def facts(matter: Matter | None) -> dict[str, Any]:
    """What a model has to say of how it runs, for a report: its `facts()`, if it has any."""
    inner: Any = matter
    while inner is not None:
        if hasattr(inner, "facts"):
            told: dict[str, Any] = inner.facts()
            return told
        inner = getattr(inner, "_matter", None) or getattr(inner, "_model", None)
    return {}


def lift(model: object, anchored: bool = False) -> Matter:
    """Wraps a BatchModel, a RecurrentModel or a Refiner; a Matter is returned as it is.

    Args:
        model: Any of the kinds.
        anchored: Whether a model with memory can only start on a frame that has a mask.
    """
    if hasattr(model, "mattes"):
        return cast("Matter", model)
    if hasattr(model, "refine"):
        return Trimapped(cast("Refiner", model))
    if hasattr(model, "step"):
        recurrent = cast("RecurrentModel[Any]", model)
        return Objects(Keyframed(recurrent)) if anchored else Recurrent(recurrent)
    return Batched(cast("BatchModel", model))


class Recurrent(Generic[StateT]):
    """Carries a model's memory from frame to frame."""

    keeps = True

    def __init__(self, model: RecurrentModel[StateT]) -> None:
        self._model = model

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        """One matte a frame.

        Raises:
            ModelError: The model failed; names the frame.
        """
        state = resumed(self._model, keeper)
        if state is None:
            first = next(frames, None)
            if first is None:
                return
            with naming(first):
                state = self._model.start(clip, hints, first)
            frames = chain([first], frames)
        yield from carried(self._model, state, frames, hints, keeper)


class Batched:
    """Runs a model without memory on batches, or on overlapping windows that it cross-fades."""

    def __init__(self, model: BatchModel) -> None:
        if not 0 <= model.overlap < model.size:
            raise ValueError(f"overlap must be at least 0 and less than size {model.size}, not {model.overlap}")
        self._model = model

    @property
    def apart(self) -> bool:
        """Whether frames know nothing of each other."""
        return self._model.overlap == 0

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        """One matte a frame; no window reaches beyond a segment's end.

        Raises:
            ModelError: The model failed; names the first frame of the batch.
        """
        resumed(self._model, keeper)
        parts = Parts(frames, keeper if self._model.overlap == 0 else FORGETFUL)
        while parts.more():
            yield from self._windows(hints, parts.part())
            parts.end(kept(self._model, ()))

    @property
    def keeps(self) -> bool:
        """Whether a run can be gone on with: not in the middle of windows that overlap."""
        return self._model.overlap == 0

    def _windows(self, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]:
        overlap = self._model.overlap
        window = list(islice(frames, self._model.size))
        tail: Sequence[Matte] = ()
        while window:
            with naming(window[0]):
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
