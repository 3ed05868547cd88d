"""How coarse the first look is and how much is refined, by the frame's size. Torch-free.

Published for HD are a scale of 0.25 and 80,000 pixels, for 4K 0.125 and 320,000: a coarse picture 480 px long, and one
pixel in 26 refined.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Sides that the network takes are multiples of this.
STRIDE = 4
#: Longer side of the coarse picture, and the most that its scale may be.
COARSE, LARGEST = 480, 0.5
#: Pixels refined at the size of HD, and that size.
HD_PIXELS, HD = 80_000, 1920 * 1080


@dataclass(frozen=True, slots=True)
class Sizing:
    """Of one clip.

    Attributes:
        source: (height, width) of its frames.
        scale: Of the coarse look.
        pixels: That sampling refines.
    """

    source: tuple[int, int]
    scale: float
    pixels: int

    @property
    def padding(self) -> tuple[int, int]:
        """Rows added below and columns added to the right, up to multiples of 4."""
        return -self.source[0] % STRIDE, -self.source[1] % STRIDE

    @property
    def padded(self) -> tuple[int, int]:
        """What the network sees."""
        return self.source[0] + self.padding[0], self.source[1] + self.padding[1]


def sizing(height: int, width: int, scale: float = 0.0, pixels: int = 0) -> Sizing:
    """What to work with for frames of that size; 0 stands for a choice by the size.

    >>> [(s.scale, s.pixels) for s in (sizing(1080, 1920), sizing(2160, 3840), sizing(1280, 720))]
    [(0.25, 80000), (0.125, 320000), (0.375, 80000)]
    """
    chosen = scale or min(LARGEST, COARSE / max(height, width))
    refined = pixels or max(HD_PIXELS, round(HD_PIXELS * height * width / HD))
    return Sizing((height, width), chosen, refined)
