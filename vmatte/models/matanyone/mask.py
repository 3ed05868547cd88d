"""The first-frame mask: its range made sure of, then grown and shrunk as the published procedure does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """A mask in the range that the recurrence expects.

    Attributes:
        values: (H, W), 0..255: uint8, or float32 where the mask came in finer steps.
        scaled: Whether it was a mask of 0 and 1, which would have counted as nearly empty: tell the user.
    """

    values: NDArray[Any]
    scaled: bool = False


def levels(mask: NDArray[Any]) -> Levels:
    """A mask of any common type and range as 0..255.

    Booleans, floats up to 1 and integers up to 1 are scaled by 255, uint16 beyond 255 from its own full range.

    Raises:
        HintError: It is not a (H, W) array of numbers, or its values lie outside every known range.
    """
    if mask.ndim != 2 or not mask.size:
        raise HintError(f"the mask has shape {mask.shape}: give one channel, (height, width)")
    if mask.dtype == np.bool_:
        return Levels(mask.astype(np.uint8) * np.uint8(255))
    if mask.dtype.kind not in "uif":
        raise HintError(f"the mask holds {mask.dtype}: give numbers from 0 to 255")
    low, high = float(mask.min()), float(mask.max())
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0:
        raise HintError(f"the mask has values from {low:g} to {high:g}: give numbers from 0 to 255")
    if mask.dtype == np.uint16 and high > 255:
        return Levels((mask / np.float32(257)).astype(np.float32))
    if high > 255:
        raise HintError(f"the mask has values up to {high:g}: give numbers from 0 to 255")
    if mask.dtype.kind == "f":
        values = mask.astype(np.float32)
        return Levels(values * np.float32(255), scaled=True) if 0 < high <= 1 else Levels(values)
    if high == 1:
        return Levels(mask.astype(np.uint8) * np.uint8(255), scaled=True)
    return Levels(mask.astype(np.uint8))


def prepared(mask: NDArray[Any], dilate_kernel: int = 10, erode_kernel: int = 10) -> NDArray[Any]:
    """The mask that the recurrence starts from: dilated, then eroded, each by an ellipse of that diameter.

    Growing makes every value but 0 full, so noise of a compressed mask counts; shrinking keeps only what is full.
    Even diameters have no middle: both together move the mask by one pixel down and right, as published.

    Args:
        mask: (H, W), 0..255, see `levels`.
        dilate_kernel: In px; 0 does not dilate.
        erode_kernel: In px; 0 does not erode.

    Returns:
        (H, W) uint8 of 0 and 255, or `mask` itself when both sizes are 0: soft masks are allowed.

    >>> square = np.zeros((60, 60), np.uint8)
    >>> square[20:40, 20:40] = 7
    >>> rows = np.flatnonzero(prepared(square).any(axis=1))
    >>> int(rows[0]), int(rows[-1])
    (21, 40)
    """
    if dilate_kernel > 0:
        mask = cv2.dilate(_full(mask != 0), _ellipse(dilate_kernel))
    if erode_kernel > 0:
        mask = cv2.erode(_full(mask == 255), _ellipse(erode_kernel))
    return mask


def _full(chosen: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return chosen.astype(np.uint8) * np.uint8(255)


def _ellipse(diameter: int) -> NDArray[Any]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))
