"""Convolutions of InSPyReNet, its attention along rows, and the blocks that gather context with both."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.nets.island import island, wide

#: Channels of everything behind the trunk.
DEPTH = 64
# Of queries and keys.
_NARROW = 8
# Kernels and dilations of a context block's branches.
_REACHES = (3, 5, 7)


class Conv(nn.Module):
    """A convolution without a bias, normalised; the size stays."""

    def __init__(self, inputs: int, outputs: int, kernel: int | tuple[int, int] = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding="same", dilation=dilation, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W)."""
        made: Tensor = self.bn(self.conv(x))
        return made


class AxialAttention(nn.Module):
    """Attention among the places of an axis, alike for all others.

    Maps are re-interpreted, never transposed: the axis is the last one of memory, whatever its length is taken from.
    For the height of a map that is no square, it runs across scrambled rows. The published weights expect that.
    """

    def __init__(self, along: int) -> None:
        """Along the height (2) or the width (3)."""
        super().__init__()
        self.along = along
        self.query_conv = Conv(DEPTH, _NARROW)
        self.key_conv = Conv(DEPTH, _NARROW)
        self.value_conv = Conv(DEPTH, DEPTH)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, 64, H, W) to the same.

        Scores are not scaled and pick out single places: they stay in float32 at any precision.
        """
        batch, length = x.shape[0], x.shape[self.along]
        made = self.query_conv(x), self.key_conv(x), self.value_conv(x)
        with island(x):
            query, key, value = (wide(part).reshape(batch, -1, length) for part in made)
            weights = (query.transpose(1, 2) @ key).softmax(-1)
            mixed = (value @ weights.transpose(1, 2)).reshape(x.shape)
            return self.gamma * mixed + wide(x)


class Branch(nn.Module):
    """Looks around along both axes, then as far as its dilation."""

    def __init__(self, inputs: int, reach: int) -> None:
        super().__init__()
        self.conv0 = Conv(inputs, DEPTH)
        self.conv1 = Conv(DEPTH, DEPTH, (1, reach))
        self.conv2 = Conv(DEPTH, DEPTH, (reach, 1))
        self.conv3 = Conv(DEPTH, DEPTH, 3, reach)
        self.Hattn = AxialAttention(2)
        self.Wattn = AxialAttention(3)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, 64, H, W)."""
        x = self.conv2(self.conv1(self.conv0(x)))
        seen: Tensor = self.conv3(self.Hattn(x) + self.Wattn(x))
        return seen


class Context(nn.Module):
    """Four branches of growing reach beside a shortcut."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch0 = Conv(inputs, DEPTH)
        for number, reach in enumerate(_REACHES, 1):
            self.add_module(f"branch{number}", Branch(inputs, reach))
        self.conv_cat = Conv(DEPTH * (1 + len(_REACHES)), DEPTH, 3)
        self.conv_res = Conv(inputs, DEPTH)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, 64, H, W)."""
        seen = [self.get_submodule(f"branch{number}")(x) for number in range(1 + len(_REACHES))]
        return F.relu(self.conv_cat(torch.cat(seen, 1)) + self.conv_res(x))


class Decoder(nn.Module):
    """A first saliency map from the three deepest contexts."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = Conv(3 * DEPTH, DEPTH, 3)
        self.conv2 = Conv(DEPTH, DEPTH, 3)
        self.conv3 = Conv(DEPTH, DEPTH, 3)
        self.conv4 = Conv(DEPTH, DEPTH, 3)
        self.conv5 = Plain(DEPTH, 1)
        self.Hattn = AxialAttention(2)
        self.Wattn = AxialAttention(3)

    def forward(self, x3: Tensor, x4: Tensor, x5: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, 64, H/8, W/8) and logits (B, 1, H/8, W/8)."""
        size = (x3.shape[2], x3.shape[3])
        deep = (F.interpolate(x, size, mode="bilinear", align_corners=True) for x in (x5, x4))
        f = self.conv1(torch.cat((*deep, x3), 1))
        f = self.Hattn(f) + self.Wattn(f)
        f = self.conv4(self.conv3(self.conv2(f)))
        return f, self.conv5(f)


class Plain(nn.Module):
    """A 3x3 convolution with neither bias nor norm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W)."""
        made: Tensor = self.conv(x)
        return made


def resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, C, *size), bilinear on half-pixel centres, without antialiasing; itself where it has that size."""
    return x if x.shape[2:] == size else F.interpolate(x, size, mode="bilinear", align_corners=False)
