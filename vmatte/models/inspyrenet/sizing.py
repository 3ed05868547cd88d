"""The sizes that InSPyReNet works at besides the square of its training. Torch-free."""

from __future__ import annotations

from vmatte.models.image.sizing import nearest

#: What sides are multiples of.
STRIDE = 32
#: The square is for `auto`, the frame's own shape for this word, up to 1280 px on the shorter side.
DYNAMIC = "dynamic"
_MOST = 1280
# Two passes are blended above this; a smaller frame is seen whole by the one.
_BLENDED = 512


def dynamic_size(height: int, width: int) -> tuple[int, int]:
    """The authors' rule for frames in their own shape.

    >>> dynamic_size(1080, 1920), dynamic_size(2160, 3840), dynamic_size(720, 1280)
    ((1088, 1920), (1280, 2272), (704, 1280))
    """
    scale = max(1.0, min(height, width) / _MOST)
    return nearest(height / scale, STRIDE), nearest(width / scale, STRIDE)


def is_blended(size: tuple[int, int]) -> bool:
    """Whether a second pass at that size adds to the one at the size of the training."""
    return min(size) > _BLENDED
