"""The trunk of the small network: MobileNetV3-Large at stride 16 (Howard et al., Searching for MobileNetV3, ICCV 2019).

The last stage is dilated instead of strided, as in DeepLab, and the classifier is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

# torchvision's MobileNetV3 was trained with this one.
_EPSILON = 1e-3


@dataclass(frozen=True, slots=True)
class Row:
    """One inverted residual, in the paper's table.

    Attributes:
        inputs: Channels.
        kernel: Side of the depthwise kernel.
        expanded: Channels between.
        outputs: Channels.
        squeeze: Channels inside squeeze-and-excitation; 0 for none.
        hard: Whether the activation is hardswish, not a rectifier.
        stride: Of the depthwise convolution.
        dilation: Likewise.
        skip: Whether the input is added. A stride that became a dilation still counts as one.
    """

    inputs: int
    kernel: int
    expanded: int
    outputs: int
    squeeze: int = 0
    hard: bool = False
    stride: int = 1
    dilation: int = 1
    skip: bool = False


ROWS = (
    Row(16, 3, 16, 16, skip=True),
    Row(16, 3, 64, 24, stride=2),
    Row(24, 3, 72, 24, skip=True),
    Row(24, 5, 72, 40, 24, stride=2),
    Row(40, 5, 120, 40, 32, skip=True),
    Row(40, 5, 120, 40, 32, skip=True),
    Row(40, 3, 240, 80, hard=True, stride=2),
    Row(80, 3, 200, 80, hard=True, skip=True),
    Row(80, 3, 184, 80, hard=True, skip=True),
    Row(80, 3, 184, 80, hard=True, skip=True),
    Row(80, 3, 480, 112, 120, hard=True),
    Row(112, 3, 672, 112, 168, hard=True, skip=True),
    Row(112, 5, 672, 160, 168, hard=True, dilation=2),
    Row(160, 5, 960, 160, 240, hard=True, dilation=2, skip=True),
    Row(160, 5, 960, 160, 240, hard=True, dilation=2, skip=True),
)
# Layers whose outputs are the last at their stride: 2, 4, 8 and 16.
_TAPS = (1, 3, 6, 16)


class MobileNetV3(nn.Module):
    """Four maps of a picture."""

    widths = (16, 24, 40, 960)
    #: Pictures are normalised by mean and deviation of ImageNet first.
    normalises = True

    def __init__(self) -> None:
        super().__init__()
        layers = [InvertedResidual(row) for row in ROWS]
        self.features = nn.Sequential(
            _convolution(3, 16, 3, hard=True, stride=2), *layers, _convolution(160, 960, 1, hard=True)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """A normalised (N, 3, h, w) picture as (N, widths[i], h / (2 << i), w / (2 << i)), sizes rounded up."""
        maps = []
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in _TAPS:
                maps.append(x)
        return maps


class InvertedResidual(nn.Module):
    """Wide in the middle: expand, depthwise, squeeze-and-excitation, project; parts that do nothing are left out."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.skip = row.skip
        parts: list[nn.Module] = []
        if row.expanded != row.inputs:
            parts.append(_convolution(row.inputs, row.expanded, 1, hard=row.hard))
        parts.append(
            _convolution(
                row.expanded, row.expanded, row.kernel,
                hard=row.hard, stride=row.stride, dilation=row.dilation, groups=row.expanded,
            )
        )  # fmt: skip
        if row.squeeze:
            parts.append(SqueezeExcitation(row.expanded, row.squeeze))
        parts.append(_convolution(row.expanded, row.outputs, 1, hard=None))
        self.block = nn.Sequential(*parts)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, h, w) to (N, outputs, h / stride, w / stride)."""
        y: Tensor = self.block(x)
        if self.skip:
            y += x
        return y


class SqueezeExcitation(nn.Module):
    """Weighs channels by what the whole map holds (Hu et al., Squeeze-and-Excitation Networks, CVPR 2018)."""

    def __init__(self, width: int, squeeze: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(width, squeeze, 1)
        self.fc2 = nn.Conv2d(squeeze, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, h, w) to the same."""
        weight = self.fc2(self.fc1(F.adaptive_avg_pool2d(x, 1)).relu_())
        return x * F.hardsigmoid(weight)


def _convolution(
    inputs: int, outputs: int, kernel: int, *, hard: bool | None, stride: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution, normalisation, and hardswish, a rectifier, or (`hard` None) nothing."""
    pad = (kernel - 1) // 2 * dilation
    parts: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, pad, dilation, groups, bias=False),
        nn.BatchNorm2d(outputs, eps=_EPSILON),
    ]
    if hard is not None:
        parts.append(nn.Hardswish(inplace=True) if hard else nn.ReLU(inplace=True))
    return nn.Sequential(*parts)
