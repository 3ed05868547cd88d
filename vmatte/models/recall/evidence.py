"""What another method may tell the engine about a frame: the seam where a clean plate feeds the memory."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Per-frame facts from outside, each (h, w[, 3]); any size, but the working size saves a resize.

    Attributes:
        mask: float32 in [0, 1], a hard guess at the subject. Moves the prior, and asks for a closer look where
            the two disagree.
        plate: uint8 RGB, or float32 RGB in [0, 1]: the background as it would look in this frame. Takes the
            place of the remembered background when a pixel is unmixed.
        difference: float32, distance from the plate in units of noise. Raises alpha where it is large.
        known: float32 in [0, 1], where the above hold; elsewhere the memory decides alone. None for everywhere.
    """

    mask: Floats | None = None
    plate: NDArray[np.uint8] | Floats | None = None
    difference: Floats | None = None
    known: Floats | None = None

    def at(self, size: tuple[int, int]) -> Evidence:
        """The same at the working size (height, width)."""
        return Evidence(*(_resized(part, size) for part in (self.mask, self.plate, self.difference, self.known)))


def _resized(part: NDArray[np.uint8] | Floats | None, size: tuple[int, int]) -> Floats | None:
    if part is None or part.shape[:2] == size:
        return part  # type: ignore[return-value]  # a uint8 plate stays one
    return cv2.resize(part, size[::-1], interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
