"""A frame at the working size, in the forms the engine reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8
from vmatte.ops.guided import lifted
from vmatte.ops.lab import lab
from vmatte.ops.shrink import shrunk

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Small:
    """A frame at the working size.

    Attributes:
        rgb: (h, w, 3) uint8.
        grey: (h, w) uint8.
        lab: (h, w, 3) float32.
    """

    rgb: Image8
    grey: Image8
    lab: Floats

    @classmethod
    def of(cls, rgb: Image8, size: tuple[int, int]) -> Small:
        """Shrinks a frame to (height, width)."""
        rgb = shrunk(rgb, size)
        return cls(rgb, cast("Image8", cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)), lab(rgb))

    @property
    def guide(self) -> Floats:
        """(h, w, 3) float32 in [0, 1]: the picture as guided filters read it."""
        return lifted(self.rgb)

    @property
    def size(self) -> tuple[int, int]:
        """(h, w)."""
        return self.rgb.shape[0], self.rgb.shape[1]
