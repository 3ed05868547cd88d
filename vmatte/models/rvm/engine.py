"""RVM by ONNX Runtime: the same pipeline model as in `matter.py`, from a graph that `vmatte export` made.

The published graphs have the same inputs and outputs, and run as well.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch

from vmatte.core.errors import ModelError
from vmatte.core.types import Clip, Frame, Hints, Layer, Matte
from vmatte.models.registry import Runtime
from vmatte.models.rvm.settings import RVMSettings
from vmatte.models.rvm.state import State
from vmatte.nets.session import opened
from vmatte.ops.unit import Float, floats, unit

#: Frames, recurrent maps, and the ratio; as in the published graphs.
INPUTS = ("src", "r1i", "r2i", "r3i", "r4i", "downsample_ratio")
OUTPUTS = ("fgr", "pha", "r1o", "r2o", "r3o", "r4o")
# What the maps are before the first frame: zeros that stretch to any size.
_EMPTY = np.zeros((1, 1, 1, 1), np.float32)


class RVMGraph:
    """A RecurrentModel."""

    def __init__(self, settings: RVMSettings, runtime: Runtime) -> None:
        """Opens the graph that `settings.weights` name.

        Raises:
            ConfigError, WeightsError: As in `opened`.
        """
        assert settings.weights is not None
        self.settings = settings
        self.session = opened(settings.weights, settings.name, runtime.device, runtime.precision, INPUTS, OUTPUTS)
        self._ratio = 0.0

    def start(self, clip: Clip, hints: Hints, frame: Frame) -> State:
        """The memory before the first frame: empty."""
        return State(hdr=clip.colour.hdr)

    def step(self, state: State, frame: Frame, hints: Hints) -> tuple[State, Matte]:
        """The memory after `frame`, and its matte.

        Raises:
            ModelError: Nothing is left of the frame at this ratio.
        """
        height, width = frame.sdr.shape[:2]
        self._ratio = self.settings.ratio(height, width)
        if min(height, width) * self._ratio < 1:
            raise ModelError(f"nothing is left of {width}x{height}: set model.downsample_ratio to more")
        seen = np.ascontiguousarray(unit(frame.sdr).transpose(2, 0, 1)[None])
        before = [_EMPTY] * 4 if state.maps is None else [part.cpu().contiguous().numpy() for part in state.maps]
        feeds = dict(zip(INPUTS, (seen, *before, np.array([self._ratio], np.float32)), strict=True))
        fgr, pha, *after = self.session.run(OUTPUTS, feeds)
        r1, r2, r3, r4 = (torch.from_numpy(part) for part in after)
        layer = Layer("subject", pha[0, 0], None if state.hdr else coloured(fgr[0], frame))
        return State((r1, r2, r3, r4), state.hdr), Matte(frame, (layer,))

    def facts(self) -> dict[str, Any]:
        """Engine, device, precision, and the ratio as it turned out, for the report."""
        return {**self.session.facts, "downsample_ratio": self._ratio}


def coloured(found: Float, frame: Frame) -> Float:
    """The (3, H, W) colours a network found in the 8-bit picture, as (H, W, 3) at the frame's own depth."""
    colour = floats(cv2.merge(list(found)))
    if frame.rgb is not frame.sdr and frame.rgb.dtype != np.uint8:
        colour = np.clip(colour + unit(frame.rgb) - unit(frame.sdr), 0, 1)
    return colour
