"""Residual blocks of ResNet (He et al., Deep Residual Learning for Image Recognition, CVPR 2016).

Parameter names are those of torchvision (`conv1`, `bn1`, ..., `downsample.0`), which published checkpoints keep; the
trunks around the blocks are named by each network itself. The bottleneck carries its stride in the 3x3 convolution.
Sums and rectifiers work in place: measured on a CPU, a rectifier into new memory takes twice as long.
"""

from __future__ import annotations

from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, as in ResNet-18 and -34."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(inputs, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, width, H/stride, W/stride)."""
        y = self.bn1(self.conv1(x)).relu_()
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        rectified: Tensor = y.relu_()
        return rectified


class Bottleneck(nn.Module):
    """A 3x3 convolution between two 1x1 ones beside a shortcut, as in ResNet-50 and -101."""

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.downsample = _shortcut(inputs, width * self.expansion, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, 4 width, H/stride, W/stride)."""
        y = self.bn1(self.conv1(x)).relu_()
        y = self.bn2(self.conv2(y)).relu_()
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        rectified: Tensor = y.relu_()
        return rectified


def stage(
    block: type[BasicBlock | Bottleneck], inputs: int, width: int, count: int, stride: int = 1, dilation: int = 1
) -> nn.Sequential:
    """`count` blocks in a row, the first of which carries the stride; gives `width * block.expansion` channels.

    The first block is not dilated: what a dilated stage replaces is the stride between it and the next.
    """
    outputs = width * block.expansion
    others = (block(outputs, width, dilation=dilation) for _ in range(count - 1))
    return nn.Sequential(block(inputs, width, stride), *others)


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
