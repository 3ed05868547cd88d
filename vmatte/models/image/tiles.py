"""Computes a picture in overlapping tiles, the seams of which fade into one another."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

# Where tiles may begin: the coarsest grid of any network here.
_GRID = 32


def tiled(compute: Callable[[Tensor], Tensor], picture: Tensor, side: int) -> Tensor:
    """What `compute` makes of a picture, tile by tile.

    Args:
        compute: From (B, 3, h, w) to (B, 1, h, w).
        picture: (B, 3, H, W).
        side: Of the tiles, a multiple of 32; a picture that is smaller on one axis is not cut along it.

    Returns:
        (B, 1, H, W) float32. Where tiles overlap, by a quarter at least, they are mixed in linear ramps.
    """
    height, width = picture.shape[2:]
    total = picture.new_zeros((picture.shape[0], 1, height, width), dtype=torch.float32)
    weight = total.new_zeros((1, 1, height, width))
    rows, columns = spans(height, side), spans(width, side)
    for top, bottom in rows:
        for left, right in columns:
            share = (_ramp(top, bottom, height, total)[:, None] * _ramp(left, right, width, total)).view(
                1, 1, bottom - top, right - left
            )
            made = compute(picture[:, :, top:bottom, left:right])
            total[:, :, top:bottom, left:right] += made.float() * share
            weight[:, :, top:bottom, left:right] += share
    return total.div_(weight)


def spans(length: int, side: int) -> list[tuple[int, int]]:
    """Where tiles begin and end along an axis: evenly spread, a quarter or more in common, from multiples of 32 on.

    The last one ends where the axis does, and begins elsewhere only if that is no multiple of 32.

    >>> spans(1920, 1024), spans(512, 1024)
    ([(0, 1024), (448, 1472), (896, 1920)], [(0, 512)])
    """
    if length <= side:
        return [(0, length)]
    # Starts are rounded to the grid, by half of it at most: the step leaves room for that.
    step = max(_GRID, (side - side // 4) // _GRID * _GRID - _GRID)
    count = -(-(length - side) // step) + 1
    starts = [round(number * (length - side) / (count - 1) / _GRID) * _GRID for number in range(count - 1)]
    return [(start, start + side) for start in (*starts, length - side)]


def _ramp(start: int, stop: int, length: int, like: Tensor) -> Tensor:
    """Weights of a tile's pixels along an axis: up and down over a quarter, flat where the picture ends."""
    place = torch.arange(stop - start, device=like.device, dtype=like.dtype) + 0.5
    rise = (stop - start) / 4
    up = place / rise if start > 0 else torch.ones_like(place)
    down = (stop - start - place) / rise if stop < length else torch.ones_like(place)
    return torch.minimum(up, down).clamp_(max=1)
