"""Frames become pictures of the size the network works at, and its mattes come back at theirs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from vmatte.core.types import Image8
from vmatte.models.birefnet.sizing import Sizing


def fitted(frames: Sequence[Image8], sizing: Sizing) -> Tensor:
    """(B, 3, H, W) uint8 pictures of the padded size, on the CPU.

    Frames are squashed to the inner size, with antialiasing, as published; on 8-bit values that equals Pillow's
    bilinear to one level, where filters of other libraries differ by dozens. Padding repeats the last row and column.
    """
    stack = torch.stack([torch.from_numpy(frame) for frame in frames]).permute(0, 3, 1, 2)
    if sizing.inner != sizing.source:
        stack = F.interpolate(stack, sizing.inner, mode="bilinear", antialias=True, align_corners=False)
    below, beside = sizing.padding
    if below:
        stack = torch.cat((stack, stack[:, :, -1:].expand(-1, -1, below, -1)), 2)
    if beside:
        stack = torch.cat((stack, stack[:, :, :, -1:].expand(-1, -1, -1, beside)), 3)
    return stack


def restored(alpha: Tensor, sizing: Sizing) -> Tensor:
    """(B, 1, padded) mattes as (B, source) ones, bilinear in float."""
    alpha = alpha[:, :, : sizing.inner[0], : sizing.inner[1]]
    if sizing.inner != sizing.source:
        alpha = F.interpolate(alpha, sizing.source, mode="bilinear", antialias=True, align_corners=False)
    return alpha[:, 0].clamp(0, 1)
