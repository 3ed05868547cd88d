"""The sizes that GFM works at: parts of the frame's own, multiples of 32. Torch-free."""

from __future__ import annotations

#: What sides are multiples of.
STRIDE = 32
#: Parts of the frame that are glanced at and focused on.
GLANCE, FOCUS = 3, 2
# The authors' script shrinks samples to the first, and no side of what the network sees exceeds the second.
_SHORTER, _MOST = 1080, 1600


def part(height: int, width: int, divisor: int) -> tuple[int, int]:
    """(height, width) of what the network sees of a frame, by the authors' rule.

    >>> part(1080, 1920, 2), part(1080, 1920, 3), part(2160, 3840, 2), part(40, 60, 3)
    ((512, 960), (352, 640), (512, 960), (32, 32))

    Args:
        height: Of the frame.
        width: Of the frame.
        divisor: `GLANCE` or `FOCUS`.
    """
    scale = min(1.0, _SHORTER / min(height, width))
    sides = (int(round(side * scale) / divisor) for side in (height, width))
    rows, columns = (max(STRIDE, min(_MOST, side - side % STRIDE)) for side in sides)
    return rows, columns
