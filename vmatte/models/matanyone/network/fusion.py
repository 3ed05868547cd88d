"""Joining what the image shows with what is known about the subject."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.matanyone.network.residual import ChannelAttended
from vmatte.models.matanyone.network.shape import Shape


class Distributor(nn.Module):
    """The sum of two maps, each through a 1x1 convolution of its own."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.x_transform = nn.Conv2d(width, width, 1)
        self.g_transform = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor, g: Tensor) -> Tensor:
        """Both (B, width, h, w), and so is the result."""
        total: Tensor = self.x_transform(x) + self.g_transform(g)
        return total


class Fusion(nn.Module):
    """Image features `x` and subject features `g` become one map."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.distributor = Distributor(width)
        self.block1 = ChannelAttended(width)
        self.block2 = ChannelAttended(width)

    def forward(self, x: Tensor, g: Tensor) -> Tensor:
        """Both (B, width, h, w), and so is the result."""
        fused: Tensor = self.block2(self.block1(self.distributor(x, g)))
        return fused


class PixelFuser(nn.Module):
    """Adds the sensory memory and the last matte to what was read from memory, and fuses that with the image."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.fuser = Fusion(shape.width)
        self.sensory_compress = nn.Conv2d(shape.width + 1, shape.width, 1)

    def forward(self, pixels: Tensor, memory: Tensor, sensory: Tensor, alpha: Tensor) -> Tensor:
        """One fused map.

        Args:
            pixels: (B, width, h, w) image features.
            memory: (B, width, h, w) memory readout.
            sensory: (B, width, h, w).
            alpha: (B, 1, H, W) matte of the last step.
        """
        recent = self.sensory_compress(torch.cat([sensory, F.avg_pool2d(alpha, 16)], 1))
        fused: Tensor = self.fuser(pixels, memory + recent)
        return fused
