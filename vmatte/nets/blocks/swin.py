"""Swin transformer, first version (Liu et al., Swin Transformer: Hierarchical Vision Transformer, ICCV 2021).

A trunk for dense prediction: four stages at strides 4 to 32, each output normalised by itself. Parameter names are
those of the authors' code. Maps of any size are padded to whole windows after the normalisation; what is padded takes
part in attention, and the shift is kept even where a map is smaller than one window: networks trained so expect it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.nets.island import wide

# Head size of every published variant.
_HEAD = 32


class Swin(nn.Module):
    """Four stages of window attention."""

    def __init__(self, width: int, depths: Sequence[int], heads: Sequence[int], window: int) -> None:
        super().__init__()
        self.patch_embed = PatchEmbedding(width)
        self.layers = nn.ModuleList()
        for number, (depth, count) in enumerate(zip(depths, heads, strict=True)):
            dim, last = width << number, number == len(depths) - 1
            self.layers.append(Stage(dim, depth, count, window, merges=not last))
            self.add_module(f"norm{number}", nn.LayerNorm(dim))

    def forward(self, image: Tensor) -> list[Tensor]:
        """A (B, 3, H, W) image as maps (B, width << i, H / (4 << i), W / (4 << i)), sizes rounded up."""
        return self.stages(self.patch_embed(image))

    def stages(self, x: Tensor) -> list[Tensor]:
        """The maps of what `patch_embed` makes of an image, (B, H/4, W/4, width)."""
        maps = []
        for number, layer in enumerate(cast("Iterable[Stage]", self.layers)):
            for block in layer.blocks:
                x = block(x)
            maps.append(getattr(self, f"norm{number}")(x).permute(0, 3, 1, 2))
            if layer.downsample is not None:
                x = layer.downsample(x)
        return maps


class PatchEmbedding(nn.Module):
    """Patches of 4x4 px as tokens."""

    def __init__(self, width: int, inputs: int = 3) -> None:
        super().__init__()
        self.proj = nn.Conv2d(inputs, width, 4, 4)
        self.norm = nn.LayerNorm(width)

    def forward(self, image: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, H/4, W/4, width), sizes rounded up."""
        height, width = image.shape[2:]
        if height % 4 or width % 4:
            image = F.pad(image, (0, -width % 4, 0, -height % 4))
        # What the blocks add to stays wide in lower precision; that autocast sees to it is true of CUDA only.
        tokens: Tensor = self.norm(wide(self.proj(image)).permute(0, 2, 3, 1))
        return tokens


class Stage(nn.Module):
    """Blocks at one stride, every second one with shifted windows; called block by block."""

    def __init__(self, dim: int, depth: int, heads: int, window: int, merges: bool) -> None:
        super().__init__()
        shifts = (0 if number % 2 == 0 else window // 2 for number in range(depth))
        self.blocks = nn.ModuleList(Block(dim, heads, window, shift) for shift in shifts)
        self.downsample = PatchMerging(dim) if merges else None


class Block(nn.Module):
    """Window attention and a two-layer perceptron, each on a shortcut."""

    def __init__(self, dim: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = WindowAttention(dim, heads, window, shift)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Perceptron(dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, dim) to the same."""
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))  # type: ignore[no-any-return]


class Perceptron(nn.Module):
    """Four times as wide inside."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(..., dim) to the same."""
        mixed: Tensor = self.fc2(F.gelu(self.fc1(x)))
        return mixed


class WindowAttention(nn.Module):
    """Attention among the tokens of a window, with a learnt bias for every relative position.

    Tokens that belong to no place may be attended to from every window; the table then has a row more for each.
    """

    relative_position_index: Tensor

    def __init__(self, dim: int, heads: int, window: int, shift: int, extra: int = 0) -> None:
        super().__init__()
        self.heads, self.window, self.shift, self.extra = heads, window, shift, extra
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2 + extra, heads))
        self.register_buffer("relative_position_index", relative_positions(window), persistent=False)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor, everywhere: Tensor | None = None) -> Tensor:
        """(B, H, W, dim) to the same; `everywhere` are the (B, extra, dim) tokens that every window sees."""
        batch, height, width, dim = x.shape
        side = self.window
        x = F.pad(x, (0, 0, 0, -width % side, 0, -height % side))
        if self.shift:
            x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        rows, columns = x.shape[1] // side, x.shape[2] // side
        x = x.view(batch, rows, side, columns, side, dim).transpose(2, 3).reshape(batch, rows, columns, side**2, dim)
        qkv = self.qkv(x).unflatten(-1, (3, self.heads, _HEAD))
        x = torch.empty_like(x, dtype=qkv.dtype)
        bias = self.bias().to(qkv.dtype)
        more = None if everywhere is None else self.qkv(everywhere).unflatten(-1, (3, self.heads, _HEAD))
        for where, masked in self._groups(bias):
            # A map of one row of windows has none before the last.
            if x[where].numel():
                x[where] = _attended(qkv[where], self._widened(masked), more)
        x = self.proj(x).view(batch, rows, columns, side, side, dim).transpose(2, 3)
        x = x.reshape(batch, rows * side, columns * side, dim)
        if self.shift:
            x = torch.roll(x, (self.shift, self.shift), (1, 2))
        return x[:, :height, :width]

    def bias(self) -> Tensor:
        """(heads, N, N) for the N tokens of a window."""
        return self.relative_position_bias_table[self.relative_position_index].permute(2, 0, 1)

    def _widened(self, bias: Tensor) -> Tensor:
        """(heads, N, N + extra): the same for every token that looks at an extra one."""
        if not self.extra:
            return bias
        rows = self.relative_position_bias_table[-self.extra :].to(bias.dtype)
        return torch.cat((bias, rows.T[:, None].expand(-1, bias.shape[1], -1)), -1)

    def _groups(self, bias: Tensor) -> Iterator[tuple[tuple[slice, slice, slice], Tensor]]:
        """Windows by (batch, row, column), and the bias with the mask that they share.

        A shifted map wraps around: only its last row and last column of windows hold tokens that are no neighbours.
        """
        whole, most, last = slice(None), slice(-1), slice(-1, None)
        if not self.shift:
            yield (whole, whole, whole), bias
            return
        early = torch.arange(self.window, device=bias.device) < self.window - self.shift
        below, beside = early.repeat_interleave(self.window), early.repeat(self.window)
        down, across = (part[:, None] != part for part in (below, beside))
        yield (whole, most, most), bias
        yield (whole, last, most), bias.masked_fill(down, float("-inf"))
        yield (whole, most, last), bias.masked_fill(across, float("-inf"))
        yield (whole, last, last), bias.masked_fill(down | across, float("-inf"))


class PatchMerging(nn.Module):
    """Halves the size: four neighbours become one token of twice the width."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * dim)
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, dim) to (B, H/2, W/2, 2 dim), sizes rounded up."""
        height, width = x.shape[1:3]
        if height % 2 or width % 2:
            x = F.pad(x, (0, 0, 0, width % 2, 0, height % 2))
        # Down the columns first: the order in which the weights were trained.
        corners = [x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        merged: Tensor = self.reduction(self.norm(torch.cat(corners, -1)))
        return merged


def relative_positions(window: int) -> Tensor:
    """(N, N) entries of the bias table for every two of a window's N tokens."""
    axis = torch.arange(window)
    y, x = (part.flatten() for part in torch.meshgrid(axis, axis, indexing="ij"))
    down, right = (part[:, None] - part + window - 1 for part in (y, x))
    return down * (2 * window - 1) + right


def _attended(qkv: Tensor, bias: Tensor, more: Tensor | None) -> Tensor:
    """Windows (B, rows, columns, N, 3, heads, 32) as (B, rows, columns, N, dim), looking at `more` tokens as well."""
    shape = qkv.shape
    q, k, v = qkv.reshape(-1, shape[3], 3, *shape[5:]).permute(2, 0, 3, 1, 4)
    if more is not None:
        each = more.permute(2, 0, 3, 1, 4)[1:, :, None].expand(-1, -1, shape[1] * shape[2], -1, -1, -1).flatten(1, 2)
        k, v = (torch.cat(pair, 2) for pair in zip((k, v), each, strict=True))
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.expand(q.shape[0], -1, -1, -1))
    return mixed.transpose(1, 2).reshape(*shape[:4], -1)


swin_tiny = partial(Swin, 96, (2, 2, 6, 2), (3, 6, 12, 24), 7)
swin_base = partial(Swin, 128, (2, 2, 18, 2), (4, 8, 16, 32), 12)
swin_large = partial(Swin, 192, (2, 2, 18, 2), (6, 12, 24, 48), 12)
