"""Foreground colour for every matte that has none, or for none at all: stages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vmatte.core.errors import ConfigError
from vmatte.core.types import Alpha, Clip, Frame, Image, Layer, Matte, Stream
from vmatte.ops.foreground import blur_foreground, multilevel_foreground, soft
from vmatte.ops.unit import Float, box_of, unit

METHODS = {"multilevel": multilevel_foreground, "blur": blur_foreground}

# A pixel is still while picture and alpha change by less than this: three sigma of the noise of 2/255 that the
# drawn clips have, which is what 8-bit H.264 at CRF 20 leaves.
_STILL = 6 / 255


@dataclass(frozen=True)
class Foreground:
    """Fills `Layer.colour` where the model gave none; a colour that is there already stays.

    Attributes:
        method: `multilevel` (better, about half as slow again) or `blur`.
        steady: Share of the last frame's colour that is kept where neither picture nor alpha has changed, in [0, 1).
    """

    method: str = "multilevel"
    steady: float = 0.5

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError(f"foreground.method is {self.method!r}: use one of {', '.join(METHODS)}")
        if not 0 <= self.steady < 1:
            raise ConfigError(f"foreground.steady is {self.steady}: use a share from 0 up to, but not including, 1")

    def __call__(self, clip: Clip, mattes: Iterator[Matte]) -> Stream[Matte]:
        before: dict[str, _Seen] = {}
        for matte in mattes:
            layers = tuple(self._filled(matte.frame, layer, before) for layer in matte.layers)
            yield replace(matte, layers=layers)

    def _filled(self, frame: Frame, layer: Layer, before: dict[str, _Seen]) -> Layer:
        if layer.colour is not None:
            return layer
        colour = METHODS[self.method](frame.rgb, layer.alpha)
        last = before.get(layer.name)
        if last is not None and self.steady > 0:
            _hold(colour, frame.rgb, layer.alpha, last, self.steady)
        before[layer.name] = _Seen(frame.rgb, layer.alpha, colour)
        return replace(layer, colour=colour)


class OwnPixels:
    """Takes colours away, the model's own too: outputs then show the clip's pixels with their background baked in."""

    def __call__(self, clip: Clip, mattes: Iterator[Matte]) -> Stream[Matte]:
        for matte in mattes:
            yield replace(matte, layers=tuple(replace(layer, colour=None) for layer in matte.layers))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """The last frame of one layer."""

    image: Image
    alpha: Alpha
    colour: Float


def _hold(colour: Float, image: Image, alpha: Alpha, last: _Seen, share: float) -> None:
    """Moves `colour` towards the last frame's in place, in soft pixels where nothing has moved."""
    box = box_of(soft(alpha))
    if box is None or last.alpha.shape != alpha.shape:
        return
    moved = cv2.absdiff(unit(image[box]), unit(last.image[box])).max(axis=2)
    still = (cv2.blur(moved, (3, 3)) < _STILL) & (np.abs(alpha[box] - last.alpha[box]) < _STILL) & soft(alpha[box])
    colour[box][still] += np.float32(share) * (last.colour[box][still] - colour[box][still])
