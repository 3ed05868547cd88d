"""The base network: a coarse matte, the foreground, where both may be wrong, and features for the refiner.

Lin et al., Real-Time High-Resolution Background Matting, CVPR 2021; the pooling is that of Chen et al., Rethinking
Atrous Convolution for Semantic Image Segmentation, 2017.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.bgmv2.network.backbone import Maps

_POOLED = 256
_RATES = (3, 6, 9)
_WIDTHS = (128, 64, 48)
#: Channels of features that the refiner is handed.
HIDDEN = 32


class Coarse(NamedTuple):
    """What the base network says of a pair; all (B, C, H, W).

    Attributes:
        alpha: In [0, 1].
        foreground: What is to be added to the frame to give the foreground, not limited.
        error: How wrong the alpha is expected to be, in [0, 1].
        hidden: Features, from 0.
    """

    alpha: Tensor
    foreground: Tensor
    error: Tensor
    hidden: Tensor

    @classmethod
    def of(cls, raw: Tensor) -> Coarse:
        """From the 37 channels that the decoder gives."""
        alpha, foreground, error, hidden = torch.split(raw, [1, 3, 1, HIDDEN], 1)
        return cls(alpha.clamp(0, 1), foreground, error.clamp(0, 1), hidden.relu())


class ASPP(nn.Module):
    """Looks at the deepest map at four ranges and as a whole."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), *_rectified(inputs, 1))
        self.convs = nn.ModuleList([_rectified(inputs, 1), *(_rectified(inputs, 3, rate) for rate in _RATES), pooled])
        self.project = _rectified(_POOLED * len(self.convs), 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, 256, H, W)."""
        found = [branch(x).expand(-1, -1, *x.shape[2:]) for branch in self.convs]
        mixed: Tensor = self.project(torch.cat(found, 1))
        return mixed


class Decoder(nn.Module):
    """Widens step by step, each time with the trunk's map of that size at hand."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        _, f8, f4, f2, f1 = channels
        first, second, third = _WIDTHS
        self.conv1 = nn.Conv2d(_POOLED + f8, first, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.conv2 = nn.Conv2d(first + f4, second, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(second)
        self.conv3 = nn.Conv2d(second + f2, third, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(third)
        self.conv4 = nn.Conv2d(third + f1, 1 + 3 + 1 + HIDDEN, 3, padding=1)

    def forward(self, maps: Maps) -> Tensor:
        """The five maps, the deepest one pooled, to (B, 37, H, W)."""
        x, f8, f4, f2, f1 = maps
        x = self.bn1(self.conv1(_beside(x, f8))).relu_()
        x = self.bn2(self.conv2(_beside(x, f4))).relu_()
        x = self.bn3(self.conv3(_beside(x, f2))).relu_()
        raw: Tensor = self.conv4(_beside(x, f1))
        return raw


def resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, C, *size), bilinear between pixel centres; the sampling step is the ratio of the sizes."""
    # A trace must not take sizes that happen to agree for sizes that always do.
    tracing = torch.jit.is_tracing()  # type: ignore[attr-defined,no-untyped-call]  # missing in its stubs
    if not tracing and tuple(x.shape[2:]) == size:
        return x
    return F.interpolate(x, size, mode="bilinear", align_corners=False)


def _beside(x: Tensor, skip: Tensor) -> Tensor:
    return torch.cat((resized(x, (skip.shape[2], skip.shape[3])), skip), 1)


def _rectified(inputs: int, kernel: int, rate: int = 1) -> nn.Sequential:
    padding = rate if kernel > 1 else 0
    convolution = nn.Conv2d(inputs, _POOLED, kernel, padding=padding, dilation=rate, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(_POOLED), nn.ReLU(inplace=True))
