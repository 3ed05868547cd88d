"""Label images: several objects in one mask file, one value or colour each.

Annotation tools write them in two ways: a gray image of small whole numbers (0 is background, 1 the first object),
or flat colours on black, mostly those of the PASCAL VOC colour map, which DAVIS and YouTube-VOS use as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8

#: More values than this, and it is a picture.
MOST = 64
#: Gray values from here up are a soft mask's.
_SOFT = 128


def labels_in(pixels: NDArray[Any], fewest: int = 2) -> dict[str, int]:
    """The objects of a label image: name and code, in the order of the colour map; empty if it is not one.

    Args:
        pixels: (H, W) or (H, W, 3|4) uint8.
        fewest: How many colours make a coloured picture a label image: one alone may be a mask painted in colour.

    >>> labels_in(np.array([[0, 1, 2]], np.uint8))
    {'1': 1, '2': 2}
    >>> labels_in(np.array([[0, 128, 255]], np.uint8))
    {}
    >>> labels_in(np.array([[[0, 0, 0], [128, 0, 0], [0, 128, 0]]], np.uint8))
    {'1': 8388608, '2': 32768}
    """
    if len(np.unique(_codes(pixels)[:: _step(pixels)])) > MOST:
        return {}
    found = [int(code) for code in np.unique(_codes(pixels)) if code]
    if not found or len(found) > MOST:
        return {}
    if pixels.ndim == 2:
        return {str(code): code for code in found} if max(found) < _SOFT else {}
    gray = all(code >> 16 == code >> 8 & 255 == code & 255 for code in found)
    if gray or len(found) < fewest:
        return {}
    return {_name(code): code for code in sorted(found, key=_voc)}


def mask_of(pixels: NDArray[Any], code: int) -> Image8:
    """(H, W) uint8, 255 where a label image shows this object."""
    return np.where(_codes(pixels) == code, np.uint8(255), np.uint8(0))


def _step(pixels: NDArray[Any]) -> int:
    """A photograph is told by a few rows; only what may be a label image is looked at whole."""
    return max(1, len(pixels) // 16)


def _codes(pixels: NDArray[Any]) -> NDArray[Any]:
    if pixels.ndim == 2:
        return pixels
    wide = pixels[..., :3].astype(np.int32)
    codes: NDArray[Any] = (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]
    return codes


def _voc(code: int) -> int:
    """Number of a colour in the PASCAL VOC colour map, which deals the bits of the number out to red, green, blue."""
    places = [(bit, channel) for bit in range(8) for channel in range(3)]
    return sum(((code >> (23 - 8 * channel - bit)) & 1) << (3 * bit + channel) for bit, channel in places)


def _name(code: int) -> str:
    return str(_voc(code)) if _voc(code) < 256 else f"{code:06x}"
