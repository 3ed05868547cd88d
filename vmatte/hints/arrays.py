"""Hints that are arrays already, for callers who have no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Masks or plates by source frame number; a MapSource.

    Attributes:
        arrays: (H, W) uint8 masks, or (H, W, 3) uint8 RGB plates, of the clip's displayed size.

    >>> import numpy as np
    >>> masks = Maps({0: np.zeros((4, 6), np.uint8), 9: np.zeros((4, 6), np.uint8)})
    >>> masks.indices, masks.at(9).shape, masks.at(1)
    ([0, 9], (4, 6), None)
    """

    arrays: Mapping[int, NDArray[Any]]

    @property
    def indices(self) -> Sequence[int]:
        """Frames that have an array, ascending."""
        return sorted(self.arrays)

    def at(self, index: int) -> NDArray[Any] | None:
        """The array of frame `index`, or None."""
        return self.arrays.get(index)
