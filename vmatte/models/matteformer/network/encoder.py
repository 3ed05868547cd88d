"""Swin-T whose windows also see prior tokens: the mean of each class of the trimap, remembered from block to block.

Parameter names are those of the authors' code.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.nets.blocks.swin import PatchEmbedding, PatchMerging, Perceptron, WindowAttention
from vmatte.nets.island import wide

WIDTH, DEPTHS, HEADS, WINDOW = 96, (2, 2, 6, 2), (3, 6, 12, 24), 7
#: Picture and classes.
INPUTS = 6
#: Channels of what the decoder is handed, at strides 1 to 32.
SHORTCUTS = (32, 32, 64, 128, 256, 512)
# Of the maps of background, unknown and foreground: the order that the published weights know them in.
_PRIORS = (1, 0, 2)
_EMPTY = 1e-9


class Encoder(nn.Module):
    """Six maps of a picture and its trimap."""

    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = PatchEmbedding(WIDTH, INPUTS)
        self.layers = nn.ModuleList()
        for number, (depth, heads) in enumerate(zip(DEPTHS, HEADS, strict=True)):
            self.layers.append(Stage(WIDTH << number, depth, heads, merges=number < len(DEPTHS) - 1))
            self.add_module(f"norm{number}", nn.LayerNorm(WIDTH << number))
        inputs = (INPUTS, WIDTH, *(WIDTH << number for number in range(len(DEPTHS))))
        self.shortcut = nn.ModuleList(_shortcut(*pair) for pair in zip(inputs, SHORTCUTS, strict=True))

    def forward(self, picture: Tensor, classes: Tensor) -> list[Tensor]:
        """Maps at strides 1 to 32.

        Args:
            picture: (B, 3, H, W) normalised, H and W multiples of 32.
            classes: (B, 3, H, W) 1 where the trimap is background, unknown, foreground.
        """
        seen = torch.cat((picture, classes), 1)
        x = self.patch_embed(seen)
        double = F.interpolate(x.permute(0, 3, 1, 2), scale_factor=2, mode="bilinear", align_corners=True)
        maps = [seen, double]
        for number, layer in enumerate(cast("Iterable[Stage]", self.layers)):
            step = 4 << number
            x = layer(x, classes[:, _PRIORS, ::step, ::step])
            maps.append(getattr(self, f"norm{number}")(x).permute(0, 3, 1, 2))
            if layer.downsample is not None:
                x = layer.downsample(x)
        return [cut(each) for cut, each in zip(self.shortcut, maps, strict=True)]


class Stage(nn.Module):
    """Blocks at one stride, every second one with shifted windows; each sees one set of priors more."""

    def __init__(self, dim: int, depth: int, heads: int, merges: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            Block(dim, heads, WINDOW // 2 if number % 2 else 0, 3 * (number + 1)) for number in range(depth)
        )
        self.downsample = PatchMerging(dim) if merges else None

    def forward(self, x: Tensor, classes: Tensor) -> Tensor:
        """(B, H, W, dim) with the (B, 3, H, W) classes to the same, before the downsampling."""
        priors = x.new_empty((x.shape[0], 0, x.shape[3]))
        for block in self.blocks:
            x, priors = block(x, torch.cat((priors, means(x, classes)), 1))
        return x


class Block(nn.Module):
    """Window attention that sees the priors, and a perceptron; the priors pass both without attention."""

    def __init__(self, dim: int, heads: int, shift: int, priors: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = WindowAttention(dim, heads, WINDOW, shift, priors)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Perceptron(dim)

    def forward(self, x: Tensor, priors: Tensor) -> tuple[Tensor, Tensor]:
        """(B, H, W, dim) and (B, priors, dim) to the same."""
        seen = self.norm1(priors)
        x = x + self.attn(self.norm1(x), seen)
        priors = priors + self.attn.proj(self.attn.qkv(seen).chunk(3, -1)[2])
        return x + self.mlp(self.norm2(x)), priors + self.mlp(self.norm2(priors))


def means(x: Tensor, classes: Tensor) -> Tensor:
    """(B, 3, dim): the mean of (B, H, W, dim) over each of the (B, 3, H, W) classes; 0 for an empty one."""
    total = torch.einsum("bkhw,bhwc->bkc", wide(classes), wide(x))
    return total / (wide(classes).sum((2, 3))[..., None] + _EMPTY)


def _shortcut(inputs: int, outputs: int) -> nn.Sequential:
    """Rectified before it is normalised, both times."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.BatchNorm2d(outputs),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.BatchNorm2d(outputs),
    )
