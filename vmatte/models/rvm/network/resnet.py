"""The trunk of the large network: ResNet-50 at stride 16, its last stage dilated."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.nets.blocks.resnet import Bottleneck, stage


class ResNet50(nn.Module):
    """Four maps of a picture."""

    widths = (64, 256, 512, 2048)
    #: Pictures are taken as they are.
    normalises = False

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = stage(Bottleneck, 64, 64, 3)
        self.layer2 = stage(Bottleneck, 256, 128, 4, stride=2)
        self.layer3 = stage(Bottleneck, 512, 256, 6, stride=2)
        self.layer4 = stage(Bottleneck, 1024, 512, 3, dilation=2)

    def forward(self, x: Tensor) -> list[Tensor]:
        """A (N, 3, h, w) picture as (N, widths[i], h / (2 << i), w / (2 << i)), sizes rounded up."""
        f1 = self.bn1(self.conv1(x)).relu_()
        f2 = self.layer1(F.max_pool2d(f1, 3, 2, padding=1))
        f3 = self.layer2(f2)
        return [f1, f2, f3, self.layer4(self.layer3(f3))]
