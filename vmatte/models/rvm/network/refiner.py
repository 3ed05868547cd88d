"""Guided filters that bring a small matte to the frame's size: as a local linear model of the frame, out = A * X + b.

The deep one learns the slope (Wu et al., Fast End-to-End Trainable Guided Filter, CVPR 2018); the fast one has no
parameters (He and Sun, Fast Guided Filter, arXiv:1505.00996). Both work in float32 whatever surrounds them, as they
take small differences of large means.
"""

from __future__ import annotations

from abc import abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.nets.island import island, wide

# Variance of the picture that counts as flat, as published.
_FLAT = 1e-5


class GuidedFilter(nn.Module):
    """What both have in common; four channels throughout, red, green, blue and their mean."""

    def forward(self, small: Tensor, coarse: Tensor, hidden: Tensor) -> Tensor:
        """The linear model at the small size.

        Args:
            small: (N, 3, h, w) picture.
            coarse: (N, 4, h, w) foreground residual and alpha, as the network gives them.
            hidden: (N, 16, h, w) what they were made from.

        Returns:
            (N, 8, h, w) float32: four slopes, four offsets.
        """
        with island(small):
            x, y = _with_mean(wide(small)), wide(coarse)
            mean_x, mean_y = self.box(x), self.box(y)
            covariance = self.box(x * y) - mean_x * mean_y
            variance = self.box(x * x) - mean_x * mean_x
            slope = self.slope(covariance, variance, wide(hidden))
            return torch.cat((slope, mean_y - slope * mean_x), 1)

    @abstractmethod
    def box(self, x: Tensor) -> Tensor:
        """Means over 3x3 px, whatever lies outside being zero."""

    @abstractmethod
    def slope(self, covariance: Tensor, variance: Tensor, hidden: Tensor) -> Tensor:
        """A of the model."""


class DeepGuidedFilter(GuidedFilter):
    """Slopes by a small network."""

    def __init__(self, hidden: int = 16) -> None:
        super().__init__()
        self.box_filter = nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False)
        self.conv = nn.Sequential(
            nn.Conv2d(8 + hidden, hidden, 1, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, hidden, 1, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, 4, 1),
        )

    def box(self, x: Tensor) -> Tensor:
        """As learnt: training began with the mean and moved on."""
        filtered: Tensor = self.box_filter(x)
        return filtered

    def slope(self, covariance: Tensor, variance: Tensor, hidden: Tensor) -> Tensor:
        """By the network."""
        made: Tensor = self.conv(torch.cat((covariance, variance, hidden), 1))
        return made


class FastGuidedFilter(GuidedFilter):
    """Slopes by division."""

    row: Tensor
    column: Tensor

    def __init__(self) -> None:
        super().__init__()
        row = torch.full((4, 1, 1, 3), 1 / 3)
        self.register_buffer("row", row, persistent=False)
        self.register_buffer("column", row.transpose(2, 3), persistent=False)

    def box(self, x: Tensor) -> Tensor:
        """Along the rows, then along the columns: another order of summation moves flat areas by 3e-5."""
        x = F.conv2d(x, self.row, padding=(0, 1), groups=4)
        return F.conv2d(x, self.column, padding=(1, 0), groups=4)

    def slope(self, covariance: Tensor, variance: Tensor, hidden: Tensor) -> Tensor:
        """Regression."""
        return covariance / (variance + _FLAT)


def applied(model: Tensor, frame: Tensor) -> Tensor:
    """What a (N, 8, h, w) linear model says of (N, 3, H, W) frames: (N, 4, H, W), residual and alpha."""
    with island(frame):
        slope, offset = F.interpolate(model, frame.shape[2:], mode="bilinear", align_corners=False).chunk(2, 1)
        return slope * _with_mean(wide(frame)) + offset


def _with_mean(picture: Tensor) -> Tensor:
    return torch.cat((picture, picture.mean(1, keepdim=True)), 1)
