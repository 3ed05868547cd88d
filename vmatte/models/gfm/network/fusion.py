"""Glance and focus become a matte, by what the glance was trained to tell apart."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from vmatte.nets.blocks.excite import SqueezeExcite

#: Three classes: background, doubt, foreground. Two: foreground and the rest; background and the rest.
Kind = Literal["tt", "ft", "bt"]
KINDS: tuple[Kind, ...] = ("tt", "ft", "bt")


def classes(kind: Kind) -> int:
    """How many a glance of a kind tells apart."""
    return 3 if kind == "tt" else 2


def glanced(logits: Tensor, kind: Kind) -> Tensor:
    """(B, 2 or 3, H, W) logits as (B, 1, H, W) in 0..1: the class as a level.

    The largest is sought among probabilities, as published: in float32 they may tie where logits do not.
    """
    return logits.sigmoid().argmax(1, keepdim=True) / (classes(kind) - 1)


def fused(level: Tensor, focus: Tensor, kind: Kind) -> Tensor:
    """The matte, (B, 1, H, W) in 0..1, of a glance's level and a focus in 0..1."""
    if kind == "tt":
        return torch.where((level > 0) & (level < 1), focus, level)
    return (level + focus if kind == "ft" else level - focus).clamp(0, 1)


class Merging(nn.Sequential):
    """One matte of the three kinds', each weighted by what it is like on the whole."""

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 16, 1), SqueezeExcite(16, 4), nn.Conv2d(16, 1, 1))
