"""Dense blocks of DenseNet (Huang et al., Densely Connected Convolutional Networks, CVPR 2017).

Parameter names are those of torchvision (`denselayer1.norm1`, ..., `conv`), which published checkpoints keep.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: Channels that a layer adds, and how many times that it works with inside.
GROWTH, _INSIDE = 32, 4


class DenseLayer(nn.Module):
    """A 1x1 and a 3x3 convolution, each after its normalisation, the result put beside what came in."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, _INSIDE * GROWTH, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(_INSIDE * GROWTH)
        self.conv2 = nn.Conv2d(_INSIDE * GROWTH, GROWTH, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, inputs + 32, H, W)."""
        y = self.conv1(self.norm1(x).relu_())
        return torch.cat((x, self.conv2(self.norm2(y).relu_())), 1)


class DenseBlock(nn.Sequential):
    """Layers each of which sees what all before it made."""

    def __init__(self, inputs: int, layers: int) -> None:
        super().__init__()
        for number in range(layers):
            self.add_module(f"denselayer{number + 1}", DenseLayer(inputs + number * GROWTH))


class Transition(nn.Module):
    """Half the channels at half the size."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, inputs // 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, inputs/2, H/2, W/2)."""
        return F.avg_pool2d(self.conv(self.norm(x).relu_()), 2)
