"""Which patches are worth refining: every pixel of a map at a quarter of the size stands for one 4x4 patch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

#: Side of a patch, in pixels of the full picture.
PATCH = 4

Select = Callable[[Tensor], Tensor]
"""From expected errors (B, 1, h, w) to a boolean map of the same shape."""


def above(threshold: float) -> Select:
    """Patches whose error is above a threshold, however many."""
    return lambda error: error > threshold


def largest(pixels: int, *, prevent_oversampling: bool = True) -> Select:
    """In each picture of a batch the patches of largest error; of equal ones the upper and left, as ONNX has it.

    Args:
        pixels: Of the full picture that may be refined; a remainder of less than a patch is dropped.
        prevent_oversampling: Whether patches without any error are left out, so that there may be fewer.
    """

    def select(error: Tensor) -> Tensor:
        flat = error.flatten(1)
        count = min(pixels // PATCH**2, flat.shape[1])
        if not count:
            return torch.zeros_like(error, dtype=torch.bool)
        least = flat.topk(count, sorted=False).values.amin(1, keepdim=True)
        chosen, equal = flat > least, flat == least
        chosen |= equal & (equal.cumsum(1) <= count - chosen.sum(1, keepdim=True))
        if prevent_oversampling:
            chosen &= flat > 0
        return chosen.view_as(error)

    return select


def everything(error: Tensor) -> Tensor:
    """All patches."""
    return torch.ones_like(error, dtype=torch.bool)
