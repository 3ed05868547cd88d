"""Lengths at 360 rows, turned into lengths at the working size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ruler:
    """Converts px at 360 rows to px at the working size.

    Attributes:
        scale: Working rows (the shorter side) over 360.
    """

    scale: float

    @classmethod
    def of(cls, height: int, width: int) -> Ruler:
        """The ruler of a picture of this size."""
        return cls(min(height, width) / 360)

    def px(self, length: float) -> float:
        """A length."""
        return length * self.scale

    def radius(self, length: float) -> float:
        """The radius of a disc, at least the eight neighbours."""
        return max(1.5, length * self.scale)

    def box(self, length: float) -> int:
        """The radius of a square window, at least 1."""
        return max(1, round(length * self.scale))

    @property
    def step(self) -> int:
        """How many times coarser smooth fields are worked out: 2 at 360 rows."""
        return max(1, round(2 * self.scale))

    @property
    def edge(self) -> int:
        """r0: how far from its edge a subject may look like something else."""
        return max(3, round(7 * self.scale))
