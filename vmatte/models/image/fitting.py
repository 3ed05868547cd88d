"""Frames become pictures of the size the network works at, and its mattes come back at theirs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vmatte.models.image.sizing import Sizing


def squashed(frames: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, 3, H, W) uint8 at (height, width), antialiased.

    On 8-bit values that equals Pillow's bilinear to one level, where filters of other libraries differ by dozens.
    """
    if frames.shape[2:] == size:
        return frames
    return F.interpolate(frames, size, mode="bilinear", antialias=True, align_corners=False)


def repeated(pictures: Tensor, sizing: Sizing) -> Tensor:
    """Pictures of the inner size, their last row and column repeated up to the padded size."""
    below, beside = sizing.after
    if below:
        pictures = torch.cat((pictures, pictures[:, :, -1:].expand(-1, -1, below, -1)), 2)
    if beside:
        pictures = torch.cat((pictures, pictures[:, :, :, -1:].expand(-1, -1, -1, beside)), 3)
    return pictures


def cropped(alpha: Tensor, sizing: Sizing) -> Tensor:
    """(B, 1, padded) mattes without what was added around the frame."""
    top, left = sizing.before
    return alpha[:, :, top : top + sizing.inner[0], left : left + sizing.inner[1]]


def restored(alpha: Tensor, sizing: Sizing) -> Tensor:
    """(B, 1, padded) mattes as (B, source) ones, bilinear in float, antialiased where they shrink."""
    alpha = cropped(alpha, sizing)
    if sizing.inner != sizing.source:
        alpha = F.interpolate(alpha, sizing.source, mode="bilinear", antialias=True, align_corners=False)
    return alpha[:, 0].clamp(0, 1)


def unit(pictures: Tensor) -> Tensor:
    """Colours 0..255 as float32 in 0..1, laid out pixel by pixel as the networks are."""
    return (pictures.float() / 255).contiguous(memory_format=torch.channels_last)
