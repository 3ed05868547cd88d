"""Nested U-shapes: U-Net-like blocks, themselves in a U.

Qin et al., U2-Net: Going Deeper with Nested U-Structure for Salient Object Detection, Pattern Recognition 2020.
Parameter names are those of the authors' code.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Widths = tuple[int, int, int]

# Stages on the way down, then up: their name, and the steps of the U inside; none where it does not shrink.
_DOWN = {"stage1": 7, "stage2": 6, "stage3": 5, "stage4": 4, "stage5": None, "stage6": None}
_UP = {"stage5d": None, "stage4d": 4, "stage3d": 5, "stage2d": 6, "stage1d": 7}
# Dilations of the block that does not shrink.
_DILATIONS = (1, 2, 4, 8)


class ConvNorm(nn.Module):
    """A 3x3 convolution with a bias, normalised and rectified."""

    def __init__(self, inputs: int, outputs: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W)."""
        rectified: Tensor = self.bn_s1(self.conv_s1(x)).relu_()
        return rectified


class Rsu(nn.Module):
    """A residual U: down by `steps`, and up again; without `steps`, at one size with growing dilations."""

    def __init__(self, steps: int | None, inputs: int, middle: int, outputs: int) -> None:
        super().__init__()
        self.shrinks = steps is not None
        self.dilations = (*[1] * (steps - 1), 2) if steps is not None else _DILATIONS
        self.rebnconvin = ConvNorm(inputs, outputs)
        for number, dilation in enumerate(self.dilations, 1):
            self.add_module(f"rebnconv{number}", ConvNorm(outputs if number == 1 else middle, middle, dilation))
            if number < len(self.dilations):
                self.add_module(
                    f"rebnconv{number}d", ConvNorm(2 * middle, outputs if number == 1 else middle, dilation)
                )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W)."""
        x = self.rebnconvin(x)
        last = len(self.dilations)
        seen = [self.get_submodule("rebnconv1")(x)]
        for number in range(2, last + 1):
            # The last step widens its view instead of shrinking.
            below = halved(seen[-1]) if self.shrinks and number < last else seen[-1]
            seen.append(self.get_submodule(f"rebnconv{number}")(below))
        y = seen.pop()
        for number in range(last - 1, 0, -1):
            beside = seen.pop()
            y = self.get_submodule(f"rebnconv{number}d")(torch.cat((up(y, beside), beside), 1))
        result: Tensor = y.add_(x)
        return result


class NestedU(nn.Module):
    """Six stages down and five up, each of which says what it sees."""

    def __init__(self, widths: Sequence[Widths], classes: int = 1) -> None:
        """Of eleven stages, (inputs, middle, outputs) of each, first those on the way down; and of so many outputs."""
        super().__init__()
        for (name, steps), stage in zip((_DOWN | _UP).items(), widths, strict=True):
            self.add_module(name, Rsu(steps, *stage))
        # Finest first: the stages on the way up, last to first, then the deepest.
        outputs = [stage[2] for stage in reversed(widths[5:])]
        for number, channels in enumerate(outputs, 1):
            self.add_module(f"side{number}", nn.Conv2d(channels, classes, 3, padding=1))

    def features(self, x: Tensor) -> list[Tensor]:
        """Six maps, finest first, of what enters the first stage; each half the size of the one before, rounded up."""
        seen: list[Tensor] = []
        for name in _DOWN:
            x = self.get_submodule(name)(halved(seen[-1]) if seen else x)
            seen.append(x)
        found = [seen.pop()]
        for name in _UP:
            beside = seen.pop()
            found.insert(0, self.get_submodule(name)(torch.cat((up(found[0], beside), beside), 1)))
        return found

    def sides(self, features: Sequence[Tensor], like: Tensor) -> list[Tensor]:
        """Logits (B, classes, H, W) of each map, at the size of `like`."""
        return [up(self.get_submodule(f"side{number}")(x), like) for number, x in enumerate(features, 1)]


def halved(x: Tensor) -> Tensor:
    """The largest of every 2x2; odd sizes round up."""
    return F.max_pool2d(x, 2, ceil_mode=True)


def up(x: Tensor, like: Tensor) -> Tensor:
    """`x` at the height and width of `like`, bilinear."""
    size = (like.shape[2], like.shape[3])
    return x if x.shape[2:] == size else F.interpolate(x, size, mode="bilinear", align_corners=False)


def full(first: int) -> tuple[Widths, ...]:
    """The widths of the full network's stages, the first of which takes `first` channels."""
    down = (first, 32, 64), (64, 32, 128), (128, 64, 256), (256, 128, 512), (512, 256, 512), (512, 256, 512)
    up = (1024, 256, 512), (1024, 128, 256), (512, 64, 128), (256, 32, 64), (128, 16, 64)
    return (*down, *up)


def small(first: int) -> tuple[Widths, ...]:
    """The widths of the small network's stages."""
    return ((first, 16, 64), *[(64, 16, 64)] * 5, *[(128, 16, 64)] * 5)
