"""What the engine knows between two frames."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.models.recall.memory import Memory
from vmatte.models.recall.small import Small

Floats = NDArray[np.float32]

#: Fewer solid pixels than this are no subject.
NOTHING = 10


@dataclass
class Sighting:
    """When the subject was last seen, for the search when it is not.

    Attributes:
        area: Its solid pixels; the largest of late, forgotten at 0.5 % a frame.
        box: (left, top, width, height) of its last place, working px.
        age: Frames since then.
        drift: (x, y) its last mean motion, working px.
    """

    area: float = 0.0
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    age: int = 0
    drift: Floats = field(default_factory=lambda: np.zeros(2, np.float32))

    def note(self, alpha: Floats) -> None:
        """Takes a new matte into account."""
        solid = alpha > 0.5
        area = float(np.count_nonzero(solid))
        self.area = max(self.area * 0.995, area)
        if area > NOTHING:
            left, top, width, height = cv2.boundingRect(solid.astype(np.uint8))
            self.box, self.age = (left, top, width, height), 0
        else:
            self.age += 1


@dataclass
class State:
    """Everything the engine knows between two frames. A value: it can be copied and pickled.

    Attributes:
        size: (height, width) of the clip's frames.
        memory: The banks.
        rng: Where all draws come from.
        anchor: Mask waiting for the next step; None once it was used.
        last: The last frame at the working size.
        alpha: (h, w) float32, its matte at the working size.
        reach: How far the soft parts reached in the masked frame, working px.
        sighting: Where the subject was last seen.
    """

    size: tuple[int, int]
    memory: Memory
    rng: np.random.Generator
    anchor: NDArray[np.uint8] | None = None
    last: Small | None = None
    alpha: Floats | None = None
    reach: float = 0.0
    sighting: Sighting = field(default_factory=Sighting)
