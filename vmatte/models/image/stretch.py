"""Stretches mattes so that they reach from 0 to 1: each by itself, or those of a clip all alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from torch import Tensor

from vmatte.core.types import BatchModel, Clip, Frame, Hints, Layer, Matte, Matter, Stream
from vmatte.io.spool import Spool
from vmatte.models.image.settings import Stretch
from vmatte.models.lift import Batched

ModelT = TypeVar("ModelT", bound=BatchModel)

# Less than that between a matte's extremes is rounding: it stays as it is.
FLAT = 1e-6


def stretched(alpha: Tensor) -> Tensor:
    """(B, ...) mattes, each over its own range; what is constant is left alone."""
    low, high = (extreme.view(-1, *[1] * (alpha.ndim - 1)) for extreme in alpha.flatten(1).aminmax(dim=1))
    span = high - low
    return ((alpha - low) / span.clamp_min(FLAT)).where(span >= FLAT, alpha)


def stretching(model: ModelT, stretch: Stretch) -> ModelT | ClipStretched:
    """The model, or what stretches a whole clip of its mattes, where that is asked for."""
    return ClipStretched(model) if stretch is Stretch.clip else model


class ClipStretched:
    """A Matter made of an image model, its mattes stretched by the extremes of the whole clip.

    The last frame decides about the first: all wait on disk until it has been seen.
    """

    def __init__(self, model: BatchModel) -> None:
        self._matter: Matter = Batched(model)

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]:
        """One matte a frame, once the last frame has been seen.

        Raises:
            ModelError: As the model does.
        """
        low, high = np.float32(np.inf), np.float32(-np.inf)
        with Spool[Matte]() as done:
            for matte in self._matter.mattes(clip, hints, frames):
                low, high = min(low, matte.alpha.min()), max(high, matte.alpha.max())
                done.push(matte)
            span = high - low
            for matte in done:
                alpha = (matte.alpha - low) / span if span >= FLAT else matte.alpha
                yield Matte(matte.frame, (Layer(matte.layers[0].name, alpha),))
