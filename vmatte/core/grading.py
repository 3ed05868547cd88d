"""What an HDR clip says of the display it was graded on and of its own brightness."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grading:
    """Mastering display (SMPTE ST 2086) and content light levels (CTA-861.3), in the units of H.265, annex D.

    Attributes:
        display: x and y of red, green, blue and white in 1/50000, then the greatest and the least luminance in
            1/10000 cd/m2: ten numbers; None when the clip does not state them all.
        light: Of the brightest pixel and of the brightest frame's mean, cd/m2; None when not stated.
    """

    display: tuple[int, ...] | None = None
    light: tuple[int, int] | None = None
