"""InSPyReNet: a saliency map from the deepest features, and a pyramid of what finer ones add to it.

Kim et al., Revisiting Image Pyramid Structure for High Resolution Salient Object Detection, ACCV 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vmatte.models.inspyrenet.network.attention import ContextAttention
from vmatte.models.inspyrenet.network.block import DEPTH, Context, Decoder, resized
from vmatte.models.inspyrenet.network.pyramid import expanded
from vmatte.nets.blocks.swin import swin_base
from vmatte.nets.imagenet import normalised
from vmatte.nets.island import island, wide

#: What sides are multiples of.
STRIDE = 32
# Channels of the trunk: of its tokens before the first stage, and behind each of four.
_TRUNK = (128, 128, 256, 512, 1024)


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """Logits of a picture.

    Attributes:
        logits: (B, 1, H, W), the result.
        residuals: What was added on the way at a fourth, a half and the whole of the size.
    """

    logits: Tensor
    residuals: Sequence[Tensor]


class InSPyReNet(nn.Module):
    """The published network."""

    def __init__(self, base: int) -> None:
        """For checkpoints trained on squares of side `base`, whatever size they see now."""
        super().__init__()
        self.backbone = swin_base()
        for number, channels in enumerate(_TRUNK, 1):
            self.add_module(f"context{number}", Context(channels))
        self.decoder = Decoder()
        sizes = [(base >> power, base >> power) for power in range(3)]
        self.attention0 = ContextAttention(DEPTH, sizes[0], edges=True)
        self.attention1 = ContextAttention(2 * DEPTH, sizes[1], edges=True)
        self.attention2 = ContextAttention(2 * DEPTH, sizes[2], edges=False)

    def forward(self, picture: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of (B, 3, H, W) float32 RGB in 0..1; H and W are multiples of 32."""
        return self.pyramid(picture).logits

    def pyramid(self, picture: Tensor) -> Pyramid:
        """The same with all residuals."""
        height, width = picture.shape[2:]
        quarter, half = (height // 4, width // 4), (height // 2, width // 2)
        x1, x2, *deep = self.contexts(normalised(picture))
        f, d3 = self.decoder(*deep)
        f, p2 = self.attention2(torch.cat((x2, resized(f, quarter)), 1), d3)
        d2 = added(d3, p2)
        f, p1 = self.attention1(torch.cat((resized(x1, half), resized(f, half)), 1), d2, p2)
        d1 = added(d2, p1)
        _, p0 = self.attention0(resized(f, (height, width)), d1, p1)
        return Pyramid(added(d1, p0), (p2, p1, p0))

    def contexts(self, image: Tensor) -> list[Tensor]:
        """Five maps of 64 channels, at 1/4, 1/4, 1/8, 1/16 and 1/32 of a normalised image."""
        return [self.get_submodule(f"context{number}")(x) for number, x in enumerate(self.trunk(image), 1)]

    def trunk(self, image: Tensor) -> list[Tensor]:
        """The tokens before the first stage as a map, and those behind all four."""
        tokens = self.backbone.patch_embed(image)
        return [tokens.permute(0, 3, 1, 2), *self.backbone.stages(tokens)]


def added(logits: Tensor, residual: Tensor) -> Tensor:
    """Logits at twice their size, and what is added there; float32 at any precision."""
    with island(logits):
        return expanded(wide(logits)) + wide(residual)
