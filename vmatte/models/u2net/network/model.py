"""U2-Net and its small sister: nested U-shapes whose six opinions are fused.

Qin et al., U2-Net: Going Deeper with Nested U-Structure for Salient Object Detection, Pattern Recognition 2020.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from vmatte.nets.blocks.rsu import NestedU, full, small
from vmatte.nets.imagenet import normalised

Width = Literal["full", "small"]
#: Channels inside the first stage, by which a checkpoint's width is told.
WIDTHS: dict[int, Width] = {32: "full", 16: "small"}


class U2Net(NestedU):
    """The published network, full or small."""

    def __init__(self, width: Width = "full", classes: int = 1) -> None:
        super().__init__((full if width == "full" else small)(3), classes)
        self.outconv = nn.Conv2d(6 * classes, classes, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """Logits (B, classes, H, W) of (B, 3, H, W) float32 RGB in 0..1, any size."""
        return self.every(picture)[0]

    def every(self, picture: Tensor) -> list[Tensor]:
        """The fused logits and, behind them, those of the six stages, finest first."""
        sides = self.sides(self.features(normalised(picture)), picture)
        return [self.outconv(torch.cat(sides, 1)), *sides]
