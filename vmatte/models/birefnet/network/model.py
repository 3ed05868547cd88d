"""The whole network: a picture at two sizes through one trunk, then the decoder.

Zheng et al., Bilateral Reference for High-Resolution Dichotomous Image Segmentation, CAAI AIR 2024.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from vmatte.models.birefnet.network.block import Block, resized, up
from vmatte.models.birefnet.network.decoder import Decoder
from vmatte.nets.blocks.swin import swin_large, swin_tiny
from vmatte.nets.imagenet import normalised

Backbone = Literal["large", "tiny"]
#: Channels of the trunk's first map, by which a checkpoint's backbone is told.
WIDTHS: dict[int, Backbone] = {192: "large", 96: "tiny"}


class BiRefNet(nn.Module):
    """The published network with one of its two trunks."""

    def __init__(self, backbone: Backbone = "large") -> None:
        super().__init__()
        width = next(width for width, name in WIDTHS.items() if name == backbone)
        self.bb = swin_large() if backbone == "large" else swin_tiny()
        self.squeeze_module = nn.Sequential(Block(30 * width, 16 * width))
        self.decoder = Decoder(width)

    def forward(self, picture: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of (B, 3, H, W) float32 RGB in 0..1; H and W are multiples of 32."""
        image = normalised(picture)
        logits: Tensor = self.decoder(image, self.encode(image))
        return logits

    def encode(self, image: Tensor) -> list[Tensor]:
        """Maps at strides 4 to 32 of a normalised image, the last one squeezed."""
        maps = self.doubled(image)
        maps[3] = self.squeeze_module(self.gathered(maps))
        return maps

    def doubled(self, image: Tensor) -> list[Tensor]:
        """The trunk's maps of the image beside those of the image at half its size."""
        height, width = image.shape[2:]
        whole = self.bb(image)
        half = self.bb(resized(image, (height // 2, width // 2)))
        return [torch.cat((a, up(b, a)), 1) for a, b in zip(whole, half, strict=True)]

    def gathered(self, maps: list[Tensor]) -> Tensor:
        """All four at the size of the last."""
        return torch.cat([up(x, maps[3]) for x in maps], 1)
