"""What an output shows of a matte: the alpha of one layer, or its straight colours with alpha."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image, Matte, Picture
from vmatte.ops.extend import extended


@dataclass(frozen=True, slots=True)
class Alpha:
    """The alpha of one layer alone.

    Attributes:
        layer: Which, by its place in the matte.
    """

    layer: int = 0

    def __call__(self, matte: Matte) -> Picture:
        frame = matte.frame
        return Picture(frame.index, frame.pts, frame.duration, alpha=matte.layers[self.layer].alpha)


@dataclass(frozen=True, slots=True)
class Rgba:
    """Straight colours with alpha of one layer, at the clip's own depth.

    Attributes:
        extend: Colours reach this many px beyond the matte and are black further out, which gives lossy codecs and
            scalers clean edges at nearly the size of black everywhere; -1 keeps all colours.
        layer: Which layer, by its place in the matte.
    """

    extend: int
    layer: int = 0

    def __call__(self, matte: Matte) -> Picture:
        frame, layer = matte.frame, matte.layers[self.layer]
        colour = frame.rgb if layer.colour is None else _integers(layer.colour, frame.rgb)
        if self.extend >= 0:
            colour = extended(colour, layer.alpha, self.extend)
        return Picture(frame.index, frame.pts, frame.duration, colour=colour, alpha=layer.alpha)


def _integers(colour: NDArray[np.float32], like: Image) -> Image:
    """Colours in [0, 1] as codes of the depth of `like`, rounded and clipped."""
    if like.dtype == np.uint8:
        return np.asarray(cv2.convertScaleAbs(colour, alpha=255.0), np.uint8)
    scaled = colour * np.float32(65535)
    np.rint(scaled, out=scaled)
    np.clip(scaled, 0, 65535, out=scaled)
    return scaled.astype(np.uint16)
