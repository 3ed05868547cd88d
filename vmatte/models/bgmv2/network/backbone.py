"""The two kinds of trunk: five maps of frame and plate, at strides 16, 8, 4, 2 and 1."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.nets.blocks.mobilenetv2 import features
from vmatte.nets.blocks.resnet import Bottleneck, stage

Maps = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]

#: Channels of frame and plate together.
PAIR = 6
# Blocks after which MobileNetV2 is tapped.
_TAPS = (1, 3, 6, 17)


class MobileNetV2(nn.Module):
    """MobileNetV2 whose last stages are dilated instead of strided."""

    channels = (320, 32, 24, 16, PAIR)

    def __init__(self) -> None:
        super().__init__()
        self.features = features(PAIR, last_stride=1)

    def forward(self, pair: Tensor) -> Maps:
        """Maps of a (B, 6, H, W) pair, the deepest first."""
        x, taps = pair, []
        for place, block in enumerate(self.features):
            x = block(x)
            if place in _TAPS:
                taps.append(x)
        f2, f4, f8, f16 = taps
        return f16, f8, f4, f2, pair


class ResNet(nn.Module):
    """ResNet-50 or -101 whose last stage is dilated instead of strided."""

    channels = (2048, 512, 256, 64, PAIR)

    def __init__(self, third: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(PAIR, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = stage(Bottleneck, 64, 64, 3)
        self.layer2 = stage(Bottleneck, 256, 128, 4, stride=2)
        self.layer3 = stage(Bottleneck, 512, 256, third, stride=2)
        self.layer4 = stage(Bottleneck, 1024, 512, 3, dilation=2)

    def forward(self, pair: Tensor) -> Maps:
        """Maps of a (B, 6, H, W) pair, the deepest first."""
        f2 = self.bn1(self.conv1(pair)).relu_()
        f4 = self.layer1(F.max_pool2d(f2, 3, 2, padding=1))
        f8 = self.layer2(f4)
        return self.layer4(self.layer3(f8)), f8, f4, f2, pair


def backbone(name: str) -> MobileNetV2 | ResNet:
    """The trunk called `mobilenetv2`, `resnet50` or `resnet101`."""
    return MobileNetV2() if name == "mobilenetv2" else ResNet({"resnet50": 6, "resnet101": 23}[name])
