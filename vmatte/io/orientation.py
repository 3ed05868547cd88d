"""From the pixels as coded to the picture as displayed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_ROTATE = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


@dataclass(frozen=True, slots=True)
class Turn:
    """One of the eight ways to lay a picture down: mirrored left to right first, then turned.

    Attributes:
        quarters: Quarter turns counter-clockwise, 0 to 3.
        mirrored: Whether left and right are exchanged before turning.
    """

    quarters: int = 0
    mirrored: bool = False

    @property
    def sideways(self) -> bool:
        """Whether rows become columns."""
        return self.quarters % 2 == 1

    def __call__(self, picture: NDArray[Any]) -> NDArray[Any]:
        """The picture as displayed; the very same array when there is nothing to do."""
        if self.mirrored:
            picture = cv2.flip(picture, 1)
        if self.quarters:
            picture = cv2.rotate(picture, _ROTATE[self.quarters])
        return picture


# EXIF tag 0x0112 (CIPA DC-008, section 4.6.5.1): where the 0th row and column lie.
_EXIF = {2: (0, True), 3: (2, False), 4: (2, True), 5: (1, True), 6: (3, False), 7: (3, True), 8: (1, False)}


def from_exif(orientation: int) -> Turn:
    """The turn that an EXIF orientation asks for; unknown values ask for none."""
    return Turn(*_EXIF.get(orientation, (0, False)))


def from_display_matrix(data: bytes) -> tuple[Turn, float]:
    """The turn nearest to a display matrix (ISO/IEC 14496-12, 6.2.2), and how many degrees it is off.

    Args:
        data: Nine native 32-bit integers; a, b, c and d are the first, second, fourth and fifth, in 16.16.
    """
    matrix = np.frombuffer(data[:36], np.int32).astype(np.float64)
    # Where the picture's rightward and downward unit steps point once displayed (y grows downwards).
    right, down = matrix[[0, 1]], matrix[[3, 4]]
    mirrored = bool(right[0] * down[1] - right[1] * down[0] < 0)
    if mirrored:
        right = -right
    angle = math.degrees(math.atan2(-right[1], right[0]))
    quarters = round(angle / 90)
    return Turn(quarters % 4, mirrored), abs(angle - 90 * quarters)
