"""How many frames, or how much of one, memory allows at a time."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.nets.device import affordable

# Longer bands of convolutions, and copies of the weights in half precision.
_FIXED_GPU = 1536 * 2**20
# More frames than that at once gain nothing: one of 1024 px fills a GPU.
_MOST = 8
# Sides tried when memory is short.
_STEPS = (2048, 1536, 1024, 768, 512, 384, 256)


@dataclass(frozen=True, slots=True)
class Appetite:
    """How much memory a network takes beside its weights, in float32, generously.

    Attributes:
        per_pixel: Bytes for each pixel it sees.
        fixed: Bytes once.
    """

    per_pixel: int
    fixed: int = 256 * 2**20


def bytes_needed(appetite: Appetite, size: tuple[int, int], frames: int, *, gpu: bool = False) -> int:
    """Peak memory for so many pictures of that size at once, weights not counted, in bytes, generously."""
    return (_FIXED_GPU if gpu else appetite.fixed) + frames * size[0] * size[1] * appetite.per_pixel


def affordable_batch(appetite: Appetite, size: tuple[int, int], free: int | None, *, gpu: bool = False) -> int:
    """Frames of that size that fit into `free` bytes, from 1 to 8; 0 when not even one does."""
    return affordable(lambda count: bytes_needed(appetite, size, count, gpu=gpu), free, _MOST)


def affordable_tile(appetite: Appetite, size: tuple[int, int], free: int | None, *, gpu: bool = False) -> int:
    """The largest side of tiles that fits into `free` bytes, the smallest one if none does; 0 for the whole picture."""
    if affordable_batch(appetite, size, free, gpu=gpu) > 0:
        return 0
    sides = [side for side in _STEPS if side < max(size)]
    fitting = (side for side in sides if affordable_batch(appetite, (side, side), free, gpu=gpu))
    return next(fitting, sides[-1] if sides else 0)


def smaller_tile(side: int) -> int | None:
    """The next step down; None when there is none.

    >>> smaller_tile(1920), smaller_tile(256)
    (1536, None)
    """
    return next((step for step in _STEPS if step < side), None)
