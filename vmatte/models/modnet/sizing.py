"""The sizes that MODNet works at: about 512 px on the shorter side, multiples of 32. Torch-free."""

from __future__ import annotations

# The size of the training, and what sides are multiples of.
REFERENCE, STRIDE = 512, 32
# Long strips would grow beyond any memory: about 4:1 at most.
_LONGEST = 2048


def video_size(height: int, width: int) -> tuple[int, int]:
    """The shorter side at 512, the longer one in proportion, both lowered to multiples of 32, as for the webcam model.

    >>> video_size(1080, 1920), video_size(480, 640), video_size(33, 480)
    ((512, 896), (512, 672), (512, 2048))
    """
    return _lowered(*(min(side, _LONGEST) for side in _shorter_at_reference(height, width)))


def published_size(height: int, width: int) -> tuple[int, int]:
    """The rule of the authors' script for photographs: sizes on both sides of 512 are kept.

    >>> published_size(1080, 1920), published_size(480, 640), published_size(33, 480), published_size(16, 600)
    ((512, 896), (480, 640), (512, 7424), (32, 576))
    """
    if max(height, width) < REFERENCE or min(height, width) > REFERENCE:
        height, width = _shorter_at_reference(height, width)
    return _lowered(height, width)


def _shorter_at_reference(height: int, width: int) -> tuple[int, int]:
    if width >= height:
        return REFERENCE, int(width / height * REFERENCE)
    return int(height / width * REFERENCE), REFERENCE


def _lowered(height: int, width: int) -> tuple[int, int]:
    """Both to multiples of 32, at least one of them."""
    return max(STRIDE, height - height % STRIDE), max(STRIDE, width - width % STRIDE)
