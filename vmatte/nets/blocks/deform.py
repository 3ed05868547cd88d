"""Modulated deformable convolution (Zhu et al., Deformable ConvNets v2, CVPR 2019): stride 1, dilation 1, one group.

Every kernel tap reads the map where a learnt offset points, between pixels, and is weighted by a learnt factor. Where
torchvision is installed its operator does the work; otherwise, or where that operator's column matrix of taps * C
values a pixel would be too large, the map is read by the rows of a table, one band of pixels at a time.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.nets.island import island, wide

# Values that a band's samples may come to, pixels * taps * C. Measured on one AVX-512 core on a 64-channel map with
# 7x7 taps: the
#  falls by a third from 2**17 to 2**22 (16 MiB in float32), and not further.
_CPU_BAND = 2**22
# A GPU wants long bands: 2**26 values are 256 MiB in float32.
_GPU_BAND = 2**26
# torchvision's columns may take that many bytes; the 7x7 taps of BiRefNet at 1024 px take 0.8 GiB a picture.
_COLUMNS = 2 * 2**30


class DeformConv2d(nn.Module):
    """A deformable convolution whose offsets and factors are convolutions of its own input."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        pad, taps = kernel // 2, kernel * kernel
        self.offset_conv = nn.Conv2d(inputs, 2 * taps, kernel, padding=pad)
        self.modulator_conv = nn.Conv2d(inputs, taps, kernel, padding=pad)
        self.regular_conv = nn.Conv2d(inputs, outputs, kernel, padding=pad, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W)."""
        weight = torch.cat((self.offset_conv.weight, self.modulator_conv.weight))
        bias = [conv.bias for conv in (self.offset_conv, self.modulator_conv) if conv.bias is not None]
        taps = weight.shape[0] // 3
        both = F.conv2d(x, weight, torch.cat(bias), padding=self.regular_conv.padding)
        offset, factor = torch.split(wide(both), [2 * taps, taps], 1)
        return deform_conv2d(x, offset, 2 * factor.sigmoid(), self.regular_conv.weight)


def deform_conv2d(x: Tensor, offset: Tensor, factor: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Samples `x` at every tap's displaced position and combines the taps.

    Args:
        x: (B, C, H, W).
        offset: (B, 2 k k, H, W) px, of each tap first down, then to the right; float32 at least.
        factor: (B, k k, H, W) by which each tap's sample is multiplied.
        weight: (O, C, k, k), k odd; the padding is k // 2.
        bias: (O,).

    Returns:
        (B, O, H, W); outside the map there is zero, towards which samples within one pixel of it fade.
    """
    taps = weight.shape[2] * weight.shape[3]
    theirs = torchvision_operator()
    columns = x.shape[1] * taps * x.shape[2] * x.shape[3] * 4
    if theirs is not None and columns <= _COLUMNS:
        low = x.dtype if x.dtype in (torch.float16, torch.bfloat16) else None
        with island(x):
            pad, bias = weight.shape[2] // 2, None if bias is None else wide(bias)
            made: Tensor = theirs(wide(x), wide(offset), wide(weight), bias, padding=pad, mask=wide(factor))
        return made if low is None else made.to(low)
    rows = [_rows(*one, weight, bias) for one in zip(x, offset, factor, strict=True)]
    return torch.stack(rows).permute(0, 3, 1, 2)


@cache
def torchvision_operator() -> Callable[..., Any] | None:
    """`torchvision.ops.deform_conv2d`; None where torchvision is missing, or does not fit this PyTorch."""
    try:
        return importlib.import_module("torchvision.ops").deform_conv2d  # type: ignore[no-any-return]
    except (ImportError, RuntimeError, AttributeError, OSError):
        return None


def _rows(x: Tensor, offset: Tensor, factor: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """One picture, (H, W, O), computed a band of rows at a time."""
    outputs, channels, kernel, _ = weight.shape
    taps, (height, width) = kernel * kernel, (x.shape[1], x.shape[2])
    # A frame of zeros makes "outside" a place like any other: one px before and two after hold all four neighbours.
    table = F.pad(wide(x).permute(1, 2, 0), (0, 0, 1, 2, 1, 2)).reshape(-1, channels)
    across = weight.permute(2, 3, 1, 0).reshape(taps * channels, outputs)
    budget = _CPU_BAND if x.device.type == "cpu" else _GPU_BAND
    step = max(1, budget // (taps * channels * width))
    bands = []
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height))
        places, shares = _neighbours(wide(offset[:, rows]), wide(factor[:, rows]), kernel, (height, width), top)
        with island(x):
            samples = sampled(table, places, shares)
        samples = samples.view(-1, taps * channels)
        made = samples @ across if bias is None else torch.addmm(bias, samples, across)
        bands.append(made.view(-1, width, outputs))
    return torch.cat(bands)


def sampled(table: Tensor, places: Tensor, shares: Tensor) -> Tensor:
    """Weighted sums of a table's rows: (rows, C) at (N, 4) places with (N, 4) weights, as (N, C).

    Metal has the fused operation in its newest releases only.
    """
    if table.device.type == "mps":
        return gathered(table, places, shares)
    return F.embedding_bag(places, table, mode="sum", per_sample_weights=shares)


def gathered(table: Tensor, places: Tensor, shares: Tensor) -> Tensor:
    """As `sampled`, of plain operations, one neighbour at a time."""
    total = table[places[:, 0].long()] * shares[:, :1]
    for number in range(1, places.shape[1]):
        total += table[places[:, number].long()] * shares[:, number : number + 1]
    return total


def _neighbours(offset: Tensor, factor: Tensor, kernel: int, size: tuple[int, int], top: int) -> tuple[Tensor, Tensor]:
    """Where the table is read for a band, and how much of each place is taken; both (pixels * taps, 4)."""
    (height, width), rows, columns = size, offset.shape[1], offset.shape[2]
    pad, device = kernel // 2, offset.device
    shifts = torch.arange(kernel, device=device, dtype=offset.dtype) - pad
    moved = offset.view(kernel, kernel, 2, rows, columns)
    y = moved[:, :, 0] + shifts.view(-1, 1, 1, 1) + torch.arange(top, top + rows, device=device).view(-1, 1)
    x = moved[:, :, 1] + shifts.view(-1, 1, 1) + torch.arange(columns, device=device)
    # Beyond one px outside everything is zero: the nearest such place stands for all, however far the offset points.
    y, x = y.clamp_(-1, height), x.clamp_(-1, width)
    up, left = y.floor(), x.floor()
    down, right = y.sub_(up), x.sub_(left)
    line = width + 3
    first = (up.int() + 1) * line + left.int() + 1
    high, low = (1 - down) * factor.view_as(down), down * factor.view_as(down)
    shares = torch.stack((high * (1 - right), high * right, low * (1 - right), low * right), -1)
    places = first.unsqueeze(-1) + torch.tensor((0, 1, line, line + 1), device=device, dtype=first.dtype)
    # From (k, k, rows, columns, 4) to one line a pixel and tap, the taps of a pixel next to one another.
    return tuple(part.permute(2, 3, 0, 1, 4).reshape(-1, 4) for part in (places, shares))  # type: ignore[return-value]
