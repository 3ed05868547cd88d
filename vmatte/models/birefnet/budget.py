"""How many frames, or how much of one, memory allows at a time."""

from __future__ import annotations

from vmatte.models.birefnet.variants import Variant
from vmatte.nets.device import affordable

# Growth of peak memory beside the weights, measured on a CPU in float32: Swin-L 363 MiB at 512x512 and 816 MiB at
# 1024x1024, Swin-T 247 and 614 MiB; that is 604 and 489 bytes a pixel and the rest once. A half more for safety.
_PER_PIXEL = {"large": 900, "tiny": 730}
_FIXED = 256 * 2**20
# Longer bands of the deformable convolution, and copies of the weights in half precision.
_FIXED_GPU = 1536 * 2**20
# More frames than that at once gain nothing: one of 1024 px fills a GPU.
_MOST = 8
# Sides tried when memory is short.
_STEPS = (2048, 1536, 1024, 768, 512, 384, 256)


def bytes_needed(variant: Variant, size: tuple[int, int], frames: int, *, gpu: bool = False) -> int:
    """Peak memory for so many pictures of that padded size at once, weights not counted, in bytes, generously."""
    return (_FIXED_GPU if gpu else _FIXED) + frames * size[0] * size[1] * _PER_PIXEL[variant.backbone]


def affordable_batch(variant: Variant, size: tuple[int, int], free: int | None, *, gpu: bool = False) -> int:
    """Frames of that padded size that fit into `free` bytes, from 1 to 8; 0 when not even one does."""
    return affordable(lambda count: bytes_needed(variant, size, count, gpu=gpu), free, _MOST)


def affordable_tile(variant: Variant, size: tuple[int, int], free: int | None, *, gpu: bool = False) -> int:
    """The largest side of tiles that fits into `free` bytes, the smallest one if none does; 0 for the whole picture."""
    if affordable_batch(variant, size, free, gpu=gpu) > 0:
        return 0
    sides = [side for side in _STEPS if side < max(size)]
    fitting = (side for side in sides if affordable_batch(variant, (side, side), free, gpu=gpu))
    return next(fitting, sides[-1] if sides else 0)


def smaller_tile(side: int) -> int | None:
    """The next step down; None when there is none.

    >>> smaller_tile(1920), smaller_tile(256)
    (1536, None)
    """
    return next((step for step in _STEPS if step < side), None)
