"""What MODNet's branches are made of: convolutions normalised half by their training, half by the frame itself."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.nets.island import island, wide

# Of both norms.
_EPSILON = 1e-5


class Conv(nn.Module):
    """A convolution with a bias; unless it is the last of a branch, normalised and rectified."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, *, last: bool = False) -> None:
        super().__init__()
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)
        self.layers = nn.Sequential(conv) if last else nn.Sequential(conv, HalfNorm(outputs), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H/stride, W/stride), rounded up."""
        made: Tensor = self.layers(x)
        return made


class HalfNorm(nn.Module):
    """Batch norm, with the statistics of the training, for the first half of the channels; instance norm for the rest.

    The second takes mean and variance from the whole map of the frame at hand, when the network is in use as well:
    every pixel of a matte depends on the whole frame.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.trained = channels // 2
        self.bnorm = nn.BatchNorm2d(self.trained, eps=_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) to the same; float32 inside, for sums over a map pass the range of float16."""
        with island(x):
            x = wide(x)
            return torch.cat((self.bnorm(x[:, : self.trained]), own_norm(x[:, self.trained :])), 1)


def own_norm(x: Tensor) -> Tensor:
    """Each channel of each picture less its mean, over its deviation (the biased one)."""
    variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
    return (x - mean) * torch.rsqrt(variance + _EPSILON)


def scaled(x: Tensor, factor: float) -> Tensor:
    """(B, C, H, W) larger or smaller by a factor, bilinear without antialiasing."""
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
