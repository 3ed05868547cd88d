"""Squeeze and excitation (Hu et al., Squeeze-and-Excitation Networks, CVPR 2018), its layers without biases."""

from __future__ import annotations

from torch import Tensor, nn


class SqueezeExcite(nn.Module):
    """Channels weighted by what the whole map is like."""

    def __init__(self, channels: int, narrow: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, narrow, bias=False), nn.ReLU(), nn.Linear(narrow, channels, bias=False), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, h, w) to the same."""
        weight: Tensor = self.fc(x.mean((2, 3)))
        return x * weight[:, :, None, None]
