"""Frames and plates become tensors, and what the network finds becomes layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from vmatte.core.types import Layer
from vmatte.models.bgmv2.sizing import Sizing
from vmatte.ops.unit import unit


def stacked(pictures: Sequence[NDArray[Any]], device: torch.device) -> Tensor:
    """(B, 3, H, W) float32 in [0, 1] of (H, W, 3) pictures, integer codes or floats in [0, 1].

    Codes travel to the device as they are where torch can divide them there.
    """
    if any(picture.dtype != "uint8" for picture in pictures):
        pictures = [unit(picture) for picture in pictures]
    stack = torch.stack([torch.from_numpy(picture) for picture in pictures]).permute(0, 3, 1, 2)
    if device.type == "cuda":
        stack = stack.pin_memory()
    stack = stack.to(device, non_blocking=True)
    return stack.float().div_(255) if stack.dtype is torch.uint8 else stack


def padded(pair: Tensor, sizing: Sizing) -> Tensor:
    """The last row and column repeated up to sides that the network takes."""
    below, beside = sizing.padding
    return F.pad(pair, (0, beside, 0, below), mode="replicate") if below or beside else pair


def layers(alpha: Tensor, residual: Tensor, frames: Tensor | None, sizing: Sizing) -> list[Layer]:
    """One layer a frame, at the frames' own size.

    Args:
        alpha: (B, 1, padded) in [0, 1].
        residual: (B, 3, padded) to be added to the frame.
        frames: (B, 3, H, W) in [0, 1]; None leaves the colour to others.
        sizing: Of the clip.
    """
    height, width = sizing.source
    alphas = alpha[:, 0, :height, :width].contiguous().cpu().numpy()
    if frames is None:
        return [Layer("subject", one) for one in alphas]
    colour = (frames + residual[:, :, :height, :width]).clamp_(0, 1)
    colours = colour.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return [Layer("subject", one, tint) for one, tint in zip(alphas, colours, strict=True)]
