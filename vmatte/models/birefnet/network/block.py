"""The block that the squeeze module and the decoder are made of: narrow to 64 channels, look around, widen again."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.nets.blocks.deform import DeformConv2d

_NARROW = 64
_BRANCH = 256
# Of `aspp1` and the `aspp_deforms`.
_KERNELS = (1, 3, 7)


class Block(nn.Module):
    """3x3 convolutions around deformable atrous pooling."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(inputs, _NARROW, 3, padding=1)
        self.bn_in = nn.BatchNorm2d(_NARROW)
        self.dec_att = DeformableASPP()
        self.conv_out = nn.Conv2d(_NARROW, outputs, 3, padding=1)
        self.bn_out = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W)."""
        x = self.dec_att(self.bn_in(self.conv_in(x)).relu_())
        widened: Tensor = self.bn_out(self.conv_out(x))
        return widened


class DeformableASPP(nn.Module):
    """Four deformable convolutions and the mean of the map, side by side, mixed by a 1x1 convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.aspp1 = Branch(1)
        self.aspp_deforms = nn.ModuleList(Branch(kernel) for kernel in _KERNELS)
        pooled = (nn.Conv2d(_NARROW, _BRANCH, 1, bias=False), nn.BatchNorm2d(_BRANCH), nn.ReLU())
        self.global_avg_pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), *pooled)
        self.conv1 = nn.Conv2d(_BRANCH * (2 + len(_KERNELS)), _NARROW, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(_NARROW)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 64, H, W) to the same.

        The mixture is added up branch by branch: laid side by side they would be twenty times the input's size.
        """
        *shares, last = torch.split(self.conv1.weight, _BRANCH, 1)
        mixed = F.conv2d(self.global_avg_pool(x), last)
        for branch, share in zip((self.aspp1, *self.aspp_deforms), shares, strict=True):
            mixed = mixed + F.conv2d(branch(x), share)
        rectified: Tensor = self.bn1(mixed).relu_()
        return rectified


class Branch(nn.Module):
    """One deformable convolution, normalised and rectified."""

    def __init__(self, kernel: int) -> None:
        super().__init__()
        self.atrous_conv = DeformConv2d(_NARROW, _BRANCH, kernel)
        self.bn = nn.BatchNorm2d(_BRANCH)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 64, H, W) to (B, 256, H, W)."""
        seen: Tensor = self.bn(self.atrous_conv(x)).relu_()
        return seen


def up(x: Tensor, like: Tensor) -> Tensor:
    """`x` at the height and width of `like`, as this network interpolates everywhere: corner to corner."""
    return x if x.shape[2:] == like.shape[2:] else resized(x, (like.shape[2], like.shape[3]))


def resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, C, *size), bilinear between corner pixels."""
    return F.interpolate(x, size, mode="bilinear", align_corners=True)


def patches(image: Tensor, grid: int) -> Tensor:
    """(B, 3, H, W) cut into grid x grid tiles that become channels: colour outermost, then tile row, then column."""
    batch, colours, height, width = image.shape
    tiles = image.reshape(batch, colours, grid, height // grid, grid, width // grid).permute(0, 1, 2, 4, 3, 5)
    return tiles.reshape(batch, colours * grid * grid, height // grid, width // grid)
