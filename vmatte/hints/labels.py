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
#: More gray values than this are a soft edge: paint programs smooth theirs over dozens of grays.
_SPREAD = 16
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


def flat_grays(pixels: NDArray[Any]) -> list[int]:
    """The gray values of a picture that looks like a label image whose numbers were spread out to be seen.

    Args:
        pixels: (H, W) or (H, W, 3|4) uint8.

    Returns:
        Two or more values above 0, each filling areas; empty for a mask, whose grays are its soft edge, and for what
        `labels_in` reads.

    >>> flat_grays(np.repeat(np.repeat(np.array([[0, 85, 170, 255]], np.uint8), 8, axis=0), 8, axis=1))
    [85, 170, 255]
    >>> flat_grays(np.repeat(np.array([[0, 0, 0, 128, 255, 255, 255]], np.uint8), 8, axis=0))
    []
    """
    codes = _codes(pixels)
    gray = codes if pixels.ndim == 2 else codes & 255
    if pixels.ndim == 3 and (codes != gray * 0x010101).any():
        return []
    levels = np.unique(gray[:: _step(gray)])
    if len(levels) > _SPREAD or labels_in(np.asarray(gray, np.uint8)):
        return []
    levels = np.unique(gray)
    flat = [int(level) for level in levels if level and _fills(gray == level)]
    return flat if 2 <= len(flat) and len(levels) <= _SPREAD else []


def _fills(area: NDArray[np.bool_]) -> bool:
    """Whether most of it is more than a pixel from its border; a soft edge of one gray is a line."""
    inner = area[1:-1, 1:-1] & area[:-2, 1:-1] & area[2:, 1:-1] & area[1:-1, :-2] & area[1:-1, 2:]
    return 2 * int(inner.sum()) > int(area.sum())


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
