"""BackgroundMattingV2 by ONNX Runtime: plates are laid as in `matter.py`, `vmatte export` made the graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import ModelError
from vmatte.core.types import Clip, Frame, Hints, Layer, Matte, Stream
from vmatte.models.bgmv2.preflight import ROWS
from vmatte.models.bgmv2.settings import BGMv2Settings
from vmatte.models.bgmv2.sizing import STRIDE
from vmatte.models.naming import naming
from vmatte.models.plate.under import Underlay
from vmatte.models.registry import Runtime
from vmatte.nets.session import opened
from vmatte.ops.unit import Float, floats, unit

#: Frame and plate, foreground's colours and alpha; as in the published graphs.
INPUTS, OUTPUTS = ("src", "bgr"), ("fgr", "pha")


class BackgroundMattingGraph:
    """A Matter, one frame at a time."""

    def __init__(self, settings: BGMv2Settings, runtime: Runtime) -> None:
        """Opens the graph that `settings.weights` name.

        Raises:
            ConfigError, WeightsError: As in `opened`.
        """
        assert settings.weights is not None
        self.settings = settings
        self.session = opened(settings.weights, settings.name, runtime.device, runtime.precision, INPUTS, OUTPUTS)

    def facts(self) -> dict[str, Any]:
        """Engine, device and precision, for the report."""
        return dict(self.session.facts)

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]:
        """One matte a frame, with the foreground's colour unless the clip is HDR, which the network cannot see.

        Raises:
            HintError: A frame has no plate, or one of another size.
            ModelError: The graph is for frames of another size, or failed; names the frame.
        """
        underlay = Underlay(self.settings.align, ROWS)
        for frame in frames:
            with naming(frame):
                self._fits(frame)
                plate = underlay.under(frame, hints)
                hdr = clip.colour.hdr
                fgr, pha = self._asked(frame.sdr if hdr else frame.rgb, plate)
                layer = Layer("subject", np.ascontiguousarray(pha), None if hdr else floats(cv2.merge(list(fgr))))
            yield Matte(frame, (layer,))
            del frame

    def _asked(self, picture: NDArray[Any], plate: NDArray[Any]) -> tuple[Float, Float]:
        """Colours (3, H, W) and alpha (H, W) of a frame and its plate."""
        height, width = picture.shape[:2]
        planes = [_planes(picture), _planes(plate)]
        if self.session.foreign:
            # The published graphs take multiples of 4; those exported here see to that themselves.
            grown = ((0, 0), (0, 0), (0, -height % STRIDE), (0, -width % STRIDE))
            planes = [np.pad(each, grown, mode="edge") for each in planes]
        fgr, pha = self.session.run(OUTPUTS, dict(zip(INPUTS, planes, strict=True)))
        return fgr[0, :, :height, :width], pha[0, 0, :height, :width]

    def _fits(self, frame: Frame) -> None:
        """Raises ModelError unless the graph takes frames of this size."""
        sides = tuple(self.session.inputs["src"][2:])
        height, width = frame.sdr.shape[:2]
        if any(isinstance(side, int) and side != own for side, own in zip(sides, (height, width), strict=True)):
            raise ModelError(
                f"{self.session.path} is for frames of {sides[1]}x{sides[0]}, not {width}x{height}: "
                f"vmatte export {self.settings.name} without --size makes one for frames of any size"
            )


def _planes(picture: NDArray[Any]) -> Float:
    """(1, 3, H, W) in [0, 1]."""
    return np.ascontiguousarray(unit(picture).transpose(2, 0, 1)[None])
