"""The whole network: a coarse look at frame and plate, then the refiner where that look is unsure.

Lin et al., Real-Time High-Resolution Background Matting, CVPR 2021.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vmatte.models.bgmv2.network.backbone import backbone
from vmatte.models.bgmv2.network.base import ASPP, Coarse, Decoder, resized
from vmatte.models.bgmv2.network.refiner import Refiner
from vmatte.models.bgmv2.network.selection import PATCH, Select
from vmatte.nets.island import wide


class Found(NamedTuple):
    """What the network says of a batch.

    Attributes:
        alpha: (B, 1, H, W) in [0, 1].
        foreground: (B, 3, H, W) what is to be added to the frame to give the foreground, not limited.
        coarse: As the base network gave it.
        refined: (B, 1, H/4, W/4) boolean, the patches that were refined.
    """

    alpha: Tensor
    foreground: Tensor
    coarse: Coarse
    refined: Tensor


class BackgroundMatting(nn.Module):
    """The published network with one of its three trunks."""

    def __init__(self, name: str = "mobilenetv2", kernel: int = 3) -> None:
        super().__init__()
        self.backbone = backbone(name)
        self.aspp = ASPP(self.backbone.channels[0])
        self.decoder = Decoder(self.backbone.channels)
        self.refiner = Refiner(kernel)

    def forward(self, pair: Tensor, scale: float, select: Select | None) -> Found:
        """Mattes of a batch.

        Args:
            pair: (B, 6, H, W) float RGB in [0, 1], the frame and then its plate; H and W are multiples of 4.
            scale: Of the coarse look, up to 0.5.
            select: Which patches to refine, asked with the expected errors in float32; None refines everything.
        """
        height, width = pair.shape[2:]
        coarse = self.look(resized(pair, (max(1, math.floor(height * scale)), max(1, math.floor(width * scale)))))
        error = resized(coarse.error.float(), (height // PATCH, width // PATCH))
        chosen = None if select is None else select(error)
        result = self.refiner(pair, coarse, chosen)
        refined = torch.ones_like(error, dtype=torch.bool) if chosen is None else chosen
        return Found(result[:, :1].clamp(0, 1), result[:, 1:], coarse, refined)

    def look(self, pair: Tensor) -> Coarse:
        """The base network alone, at the size of the pair, which may be any."""
        deepest, *others = self.backbone(pair)
        return Coarse.of(wide(self.decoder((self.aspp(deepest), *others))))
