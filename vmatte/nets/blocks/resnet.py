"""Residual blocks of ResNet (He et al., Deep Residual Learning for Image Recognition, CVPR 2016).

Parameter names are those of torchvision (`conv1`, `bn1`, ..., `downsample.0`), which published checkpoints keep; the
trunks around the blocks are named by each network itself. The bottleneck carries its stride in the 3x3 convolution.
Sums and rectifiers work in place: measured on a CPU, a rectifier into new memory takes twice as long.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

Norm = Callable[[int], nn.Module]
"""Makes the normalisation of so many channels."""


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, as in ResNet-18 and -34."""

    expansion = 1

    def __init__(
        self, inputs: int, width: int, stride: int = 1, dilation: int = 1, norm: Norm = nn.BatchNorm2d
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn1 = norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = norm(width)
        self.downsample = _shortcut(inputs, width, stride, norm)

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

    def __init__(
        self, inputs: int, width: int, stride: int = 1, dilation: int = 1, norm: Norm = nn.BatchNorm2d
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = norm(width)
        self.conv3 = nn.Conv2d(width, width * self.expansion, 1, bias=False)
        self.bn3 = norm(width * self.expansion)
        self.downsample = _shortcut(inputs, width * self.expansion, stride, norm)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, 4 width, H/stride, W/stride)."""
        y = self.bn1(self.conv1(x)).relu_()
        y = self.bn2(self.conv2(y)).relu_()
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        rectified: Tensor = y.relu_()
        return rectified


def stage(
    block: type[BasicBlock | Bottleneck],
    inputs: int,
    width: int,
    count: int,
    stride: int = 1,
    dilation: int = 1,
    first: int = 1,
    norm: Norm = nn.BatchNorm2d,
) -> nn.Sequential:
    """`count` blocks in a row, the first of which carries the stride; gives `width * block.expansion` channels.

    What a dilated stage replaces is the stride between its first block and the next, so the first is dilated by `first`
    only, which is what the stage before it had.
    """
    outputs = width * block.expansion
    others = (block(outputs, width, dilation=dilation, norm=norm) for _ in range(count - 1))
    return nn.Sequential(block(inputs, width, stride, first, norm), *others)


def _shortcut(inputs: int, outputs: int, stride: int, norm: Norm) -> nn.Sequential | None:
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), norm(outputs))
