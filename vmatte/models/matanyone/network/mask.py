"""What a matte means for a frame: the value stored in memory beside the frame's key."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.matanyone.network.fusion import Fusion
from vmatte.models.matanyone.network.sensory import Gates
from vmatte.models.matanyone.network.shape import Shape
from vmatte.nets.blocks.resnet import BasicBlock, stage


class MaskEncoder(nn.Module):
    """ResNet-18 up to its third stage on image and matte, fused with the image features."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(shape.encoder[4] + 1, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = stage(BasicBlock, 64, 64, 2)
        self.layer2 = stage(BasicBlock, 64, 128, 2, stride=2)
        self.layer3 = stage(BasicBlock, 128, shape.width, 2, stride=2)
        self.fuser = Fusion(shape.width)
        self.sensory_update = Gates(shape.width)

    def forward(self, image: Tensor, pixels: Tensor, alpha: Tensor) -> Tensor:
        """The mask value, (B, width, h, w).

        Args:
            image: (B, 3, H, W) normalised.
            pixels: (B, width, h, w) image features.
            alpha: (B, 1, H, W) in 0..1, soft or hard.
        """
        x = self.bn1(self.conv1(torch.cat([image, alpha], 1)))
        x = F.max_pool2d(x, 3, 2, padding=1).relu_()
        g = self.layer3(self.layer2(self.layer1(x)))
        value: Tensor = self.fuser(pixels, g)
        return value
