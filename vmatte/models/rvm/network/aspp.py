"""The bridge between trunk and decoder: channels chosen by what the whole picture holds.

The "lite" form of atrous pooling in MobileNetV3's segmentation head (Howard et al., Searching for MobileNetV3).
"""

from __future__ import annotations

from torch import Tensor, nn


class LiteASPP(nn.Module):
    """Fewer channels, each weighted by the mean of the picture."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.aspp1 = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )
        self.aspp2 = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(inputs, outputs, 1, bias=False), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, h, w) to (N, outputs, h, w)."""
        weighted: Tensor = self.aspp1(x) * self.aspp2(x)
        return weighted
