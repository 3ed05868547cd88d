"""How many frames, or how much of one, memory allows at a time."""

from __future__ import annotations

from vmatte.models.birefnet.variants import Variant

# Peak memory beside the weights, bytes a pixel of the padded picture: see `bytes_needed`.
_FIXED = 64 * 2**20
_PER_PIXEL = {"large": 3400, "tiny": 1700}
# Part of the free memory that is planned with; the rest is for what others take meanwhile.
_SHARE = 0.8
# More frames than that at once gain nothing: one of 1024 px fills a GPU.
_MOST = 8
# Sides tried when memory is short.
_STEPS = (2048, 1536, 1024, 768, 512, 384, 256)


def bytes_needed(variant: Variant, height: int, width: int) -> int:
    """Peak memory for one picture, weights not counted, in bytes, generously."""
    return _FIXED + height * width * _PER_PIXEL[variant.backbone]


def affordable_batch(variant: Variant, size: tuple[int, int], free: int | None) -> int:
    """Frames of that padded size that fit into `free` bytes, from 1 to 8; 0 when not even one does."""
    if free is None:
        return 1
    return min(_MOST, int(free * _SHARE) // bytes_needed(variant, *size))


def affordable_tile(variant: Variant, size: tuple[int, int], free: int | None) -> int:
    """The largest side of tiles that fits into `free` bytes, the smallest one if none does; 0 for the whole picture."""
    if affordable_batch(variant, size, free) > 0:
        return 0
    sides = [side for side in _STEPS if side < max(size)]
    return next((side for side in sides if affordable_batch(variant, (side, side), free)), sides[-1] if sides else 0)


def smaller_tile(side: int) -> int | None:
    """The next step down; None when there is none.

    >>> smaller_tile(1920), smaller_tile(256)
    (1536, None)
    """
    return next((step for step in _STEPS if step < side), None)
