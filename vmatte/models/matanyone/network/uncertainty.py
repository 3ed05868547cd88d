"""How far memory is to be trusted over the last frame, pixel by pixel."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.matanyone.network.shape import Shape


class Uncertainty(nn.Module):
    """Where the picture changed since the last frame: 1 takes the memory readout, 0 the last frame's mask value."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        # 64 and 32 hidden channels as published.
        self.conv1x1_v2 = nn.Conv2d(3 * shape.width + 1, 64, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.conv3x3 = nn.Conv2d(64, 32, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)
        self.conv3x3_out = nn.Conv2d(32, 1, 3, padding=1, bias=False)

    def forward(self, before: Tensor, now: Tensor, alpha: Tensor, change: Tensor) -> Tensor:
        """(B, 1, h, w) in 0..1.

        Args:
            before: (B, width, h, w) image features of the last frame.
            now: (B, width, h, w) image features of this frame.
            alpha: (B, 1, H, W) matte of the last frame.
            change: (B, width, h, w) memory readout minus the last frame's mask value.
        """
        x = torch.cat([before, now, F.avg_pool2d(alpha, 16), change], 1)
        x = self.bn1(self.conv1x1_v2(x)).relu_()
        x = self.bn2(self.conv3x3(x)).relu_()
        probability: Tensor = self.conv3x3_out(x).sigmoid()
        return probability
