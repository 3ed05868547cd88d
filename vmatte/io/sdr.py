"""What a model sees of a frame: 8-bit SDR, whatever the clip is."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from vmatte.core.light import BT2020_TO_709, sdr_codes, sdr_light
from vmatte.core.types import Colour, Image, Image8

_STRIP = 32  # rows that stay in the processor's cache on the way through two tables


def sdr_look(rgb: Image, colour: Colour) -> Image8:
    """`rgb` itself if it is 8-bit SDR, rounded to 8 bits if it is deeper, tone-mapped if it is PQ or HLG."""
    if colour.hdr:
        return _tone_mapped(rgb, colour)
    if rgb.dtype == np.uint8:
        return rgb  # type: ignore[return-value]
    # Exact rounding for all 65536 codes, and nine times as fast as a table (measured: 2.5 ms at 1920x1080).
    return cv2.convertScaleAbs(rgb, alpha=1 / 257)  # type: ignore[return-value]


def _tone_mapped(rgb: Image, colour: Colour) -> Image8:
    """As `core.light.tone_mapped`, three times as fast."""
    light, codes = sdr_light(colour.transfer, 8 * rgb.dtype.itemsize), sdr_codes()
    primaries = BT2020_TO_709 if colour.primaries == 9 else np.eye(3)
    sdr: Any = np.empty(rgb.shape, np.uint8)
    for top in range(0, rgb.shape[0], _STRIP):
        rows = slice(top, top + _STRIP)
        linear = light.take(rgb[rows].astype(np.intp))
        # Through int32, for float to 16 bits does not saturate: colours outside BT.709 end at its border.
        levels = cv2.transform(linear, primaries * 65535.0).clip(0.0, 65535.0)
        codes.take(levels.astype(np.intp), out=sdr[rows], mode="clip")
    return sdr  # type: ignore[no-any-return]
