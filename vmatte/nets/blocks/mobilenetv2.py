"""Blocks of MobileNetV2 (Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018).

Parameter names are those of torchvision, which published checkpoints keep.
"""

from __future__ import annotations

from torch import Tensor, nn

#: Expansion, channels, blocks and first stride of each stage, table 2 of the paper.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
#: Channels after the first convolution.
STEM = 32


class InvertedResidual(nn.Module):
    """Widens, looks around channel by channel, narrows without an activation; beside a shortcut where shapes agree."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        width = inputs * expansion
        widen = [activated(inputs, width, 1)] if expansion != 1 else []
        self.conv = nn.Sequential(
            *widen,
            activated(width, width, 3, stride, dilation, groups=width),
            nn.Conv2d(width, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H/stride, W/stride), rounded up."""
        y: Tensor = self.conv(x)
        return x + y if self.shortcut else y


def activated(
    inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution, normalisation and ReLU6; padded so that a stride of 1 keeps the size."""
    padding = (kernel - 1) // 2 * dilation
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(inplace=True),
    )


def features(inputs: int, *, last_stride: int = 2) -> nn.Sequential:
    """The eighteen blocks up to 320 channels, without the classifier.

    Args:
        inputs: Channels of the picture.
        last_stride: Of the sixth stage. 1 keeps the map at a sixteenth of the picture, and the blocks after that
            stage's first are dilated by 2 instead, as in DeepLab.
    """
    blocks: list[nn.Module] = [activated(inputs, STEM, 3, 2)]
    width, dilation = STEM, 1
    for number, (expansion, outputs, count, stride) in enumerate(STAGES):
        held = number == 5 and last_stride == 1
        for place in range(count):
            step = stride if place == 0 and not held else 1
            blocks.append(InvertedResidual(width, outputs, expansion, step, dilation))
            width, dilation = outputs, 2 if held else dilation
    return nn.Sequential(*blocks)
