"""Residual blocks that rectify before they convolve, with and without channel attention."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PreActivation(nn.Module):
    """Two 3x3 convolutions, each after a rectifier; the shortcut starts from the input as it came."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.downsample = None if inputs == outputs else nn.Conv2d(inputs, outputs, 1)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        y: Tensor = self.conv2(self.conv1(F.relu(x)).relu_())
        y += shortcut
        return y


class ChannelAttended(nn.Module):
    """A pre-activated residual whose channels are weighed by their own means.

    The weights come from a short convolution along the channel axis (Wang et al., ECA-Net, CVPR 2020), whose length
    follows from the number of channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        length = int((math.log2(width) + 1) / 2) | 1  # odd, ECA-Net eq. 12 with gamma 2, b 1
        self.conv = nn.Conv1d(1, 1, length, padding=length // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, h, w) to the same."""
        y = self.conv2(self.conv1(F.relu(x)).relu_())
        means = y.mean((2, 3)).unsqueeze(1)  # (B, 1, width)
        weights = self.conv(means).sigmoid()
        attended: Tensor = torch.addcmul(x, y, weights.transpose(1, 2).unsqueeze(3))
        return attended
