"""`recall` as a model: reads masks from the hints, hands frames to the engine."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError
from vmatte.core.types import Clip, Frame, Hints, Layer, Matte
from vmatte.models.recall import RecallSettings
from vmatte.models.recall.engine import Engine
from vmatte.models.recall.mask import check
from vmatte.models.recall.state import State
from vmatte.models.registry import ModelSettings, Runtime


class Recall:
    """A RecurrentModel; runs on the processor only."""

    def __init__(self, settings: RecallSettings) -> None:
        self.engine = Engine(settings)

    def start(self, clip: Clip, hints: Hints, frame: Frame) -> State:
        """The memory before `frame`, which must have a mask.

        Raises:
            HintError: No mask for this frame, an empty one, or one of another size.
        """
        mask = _mask(hints, frame.index)
        if mask is None:
            raise HintError(f"no mask for frame {frame.index}: recall starts from a frame that has one, add it")
        check(mask, frame.sdr.shape[:2], frame.index)
        return self.engine.start(frame.sdr, mask)

    def step(self, state: State, frame: Frame, hints: Hints) -> tuple[State, Matte]:
        """The memory after `frame`, and its matte."""
        state, alpha = self.engine.step(state, frame.sdr)
        return state, Matte(frame, (Layer("subject", alpha),))


def build(settings: ModelSettings, runtime: Runtime) -> Recall:
    """The factory the card names; every device is served by the processor."""
    return Recall(cast("RecallSettings", settings))


def _mask(hints: Hints, index: int) -> NDArray[np.uint8] | None:
    source = hints.maps.get("mask")
    return None if source is None else source.at(index)
