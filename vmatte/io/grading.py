"""Reads what a decoded frame carries about its mastering display and its brightness."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import cast

import av
from av.sidedata.sidedata import SideData, Type

from vmatte.core.grading import Grading

# FFmpeg's AVMasteringDisplayMetadata: x and y of red, green, blue and white, least and greatest luminance, each a pair
# of numerator and denominator; then whether the first four and the last two of these are known.
_DISPLAY = struct.Struct("=22i")
# Its AVContentLightMetadata.
_LIGHT = struct.Struct("=2I")
# Units of H.265, D.3.28, and the numbers that are stored with 16 bits.
_CHROMATICITY, _LUMINANCE, _MOST_LIGHT = 50000, 10000, 65535


def grading_of(frame: av.VideoFrame) -> Grading | None:
    """What the first frame of a clip states; None when that is nothing."""
    try:
        # PyAV's annotation names the items' class for the whole.
        listed = cast("Iterable[SideData]", frame.side_data)
        parts = {part.type: bytes(part) for part in listed}
    except ValueError:  # PyAV refuses to list side data of a kind it has no name for
        return None
    display = _display(parts.get(Type.MASTERING_DISPLAY_METADATA, b""))
    light = _light(parts.get(Type.CONTENT_LIGHT_LEVEL, b""))
    return Grading(display, light) if display or light else None


def _display(data: bytes) -> tuple[int, ...] | None:
    if len(data) < _DISPLAY.size:
        return None
    *numbers, has_colours, has_luminance = _DISPLAY.unpack_from(data)
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    if not (has_colours and has_luminance) or any(below <= 0 for _, below in pairs):
        return None
    colours = [round(_CHROMATICITY * above / below) for above, below in pairs[:8]]
    least, most = (round(_LUMINANCE * above / below) for above, below in pairs[8:])
    return (*colours, most, least)


def _light(data: bytes) -> tuple[int, int] | None:
    if len(data) < _LIGHT.size:
        return None
    brightest, mean = (min(level, _MOST_LIGHT) for level in _LIGHT.unpack_from(data))
    return (brightest, mean) if brightest or mean else None
