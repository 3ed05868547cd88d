"""From a decoded frame to upright display RGB at native depth, its SDR look, and its alpha."""

from __future__ import annotations

from typing import Any, cast

import av
import cv2
import numpy as np

from vmatte.core import colour as c
from vmatte.core.types import Alpha, Colour, Image, Image8
from vmatte.io.orientation import Turn
from vmatte.io.samples import Plane, Samples, samples
from vmatte.io.sdr import sdr_look
from vmatte.io.yuv import YuvToRgb


class Pixels:
    """Converts the frames of one clip.

    Attributes:
        colour: How the clip's numbers are to be read, gaps filled.
        turn: From coded to displayed.
        alpha: Whether to deliver the frames' own alpha.
    """

    def __init__(self, colour: Colour, turn: Turn = Turn(), alpha: bool = False) -> None:  # noqa: B008 (frozen)
        self.colour, self.turn, self.alpha = colour, turn, alpha
        self._from_yuv = YuvToRgb(colour)

    def __call__(self, frame: av.VideoFrame) -> tuple[Image, Image8, Alpha | None]:
        """Display RGB, its 8-bit SDR look (the same array for 8-bit SDR), and alpha in [0, 1] or None."""
        parts = samples(frame)
        rgb: Any = np.ascontiguousarray(self.turn(self._rgb(parts)))
        return rgb, sdr_look(rgb, self.colour), self._alpha(parts, rgb.shape[:2]) if self.alpha else None

    def _rgb(self, parts: Samples) -> Image:
        if parts.depth == 0:
            return from_linear(parts)
        if parts.kind == "yuv":
            return self._from_yuv(parts)
        if parts.kind == "grey":
            grey = self._grey(parts)
            return cv2.merge([grey, grey, grey])  # type: ignore[return-value]
        return _full_scale(cv2.merge([np.ascontiguousarray(plane) for plane in parts.planes]), parts.depth)

    def _grey(self, parts: Samples) -> Plane:
        codes = c.code_range(parts.depth, self.colour.full_range)
        top, dtype = (255, np.uint8) if parts.depth == 8 else (65535, np.uint16)
        plane = np.ascontiguousarray(parts.planes[0])
        if codes.luma == top:
            return plane
        levels = (np.arange(codes.top + 1, dtype=np.float32) - codes.black) * np.float32(top / codes.luma)
        return cast(Plane, c.rounded(levels, top, dtype)[plane])

    def _alpha(self, parts: Samples, size: tuple[int, int]) -> Alpha:
        if parts.alpha is None:
            return np.ones(size, np.float32)
        alpha = np.ascontiguousarray(parts.alpha).astype(np.float32)
        if parts.depth:
            alpha /= np.float32((1 << parts.depth) - 1)
        return np.ascontiguousarray(self.turn(alpha))


def from_linear(parts: Samples) -> Image:
    """16-bit sRGB codes of scene-linear floats: straight colour out of premultiplied, light above 1 clipped.

    OpenEXR files are premultiplied by convention (Technical Introduction to OpenEXR, "Alpha"); no light is black.
    """
    planes = [np.ascontiguousarray(plane, np.float32) for plane in parts.planes]
    rgb = np.nan_to_num(cv2.merge(planes * (3 // len(planes))), nan=0.0)
    if parts.alpha is not None:
        alpha = parts.alpha.astype(np.float32)[..., None]
        rgb = np.divide(rgb, alpha, out=rgb, where=alpha > 0)
    light = np.clip(rgb, 0.0, 1.0, out=rgb)
    # IEC 61966-2-1, as in core.light, in single precision.
    code = np.where(light <= 0.0031308, light * 12.92, 1.055 * cv2.pow(light, 1 / 2.4) - 0.055)
    return c.rounded((code * 65535.0).astype(np.float32), 65535, np.uint16)


def _full_scale(rgb: Plane, depth: int) -> Image:
    """RGB codes of 8 to 16 bits at 8 or 16."""
    if depth in (8, 16):
        return rgb
    scale = np.eye(3) * (65535.0 / ((1 << depth) - 1))
    return cv2.transform(rgb, scale)  # type: ignore[return-value]
