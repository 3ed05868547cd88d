"""What a frame shows: features at five strides, and the key under which memory is searched."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.matanyone.network.shape import Shape
from vmatte.nets.blocks.resnet import Bottleneck, stage
from vmatte.nets.island import island


class PixelEncoder(nn.Module):
    """ResNet-50 up to its third stage."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        f16, f8, f4, f2, f1 = shape.encoder
        self.conv1 = nn.Conv2d(f1, f2, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(f2)
        self.res2 = stage(Bottleneck, f2, f4 // 4, 3)
        self.layer2 = stage(Bottleneck, f4, f8 // 4, 4, stride=2)
        self.layer3 = stage(Bottleneck, f8, f16 // 4, 6, stride=2)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Features at strides 16, 8, 4 and 2 of a normalised (B, 3, H, W) image."""
        f2 = self.bn1(self.conv1(image)).relu_()
        f4 = self.res2(F.max_pool2d(f2, 3, 2, padding=1))
        f8 = self.layer2(f4)
        f16 = self.layer3(f8)
        return f16, f8, f4, f2


class KeyProjection(nn.Module):
    """Key, shrinkage and selection of every pixel at stride 16."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.pix_feat_proj = nn.Conv2d(shape.encoder[0], shape.width, 1)
        self.key_proj = nn.Conv2d(shape.width, shape.key, 3, padding=1)
        self.d_proj = nn.Conv2d(shape.width, 1, 3, padding=1)
        self.e_proj = nn.Conv2d(shape.width, shape.key, 3, padding=1)

    def forward(self, f16: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Key (B, key, h, w), shrinkage (B, 1, h, w) from 1 up and selection (B, key, h, w) in 0..1, in float32."""
        z = self.pix_feat_proj(f16)
        key, depth, choice = self.key_proj(z), self.d_proj(z), self.e_proj(z)
        with island(f16):
            return key.float(), depth.float().square() + 1, choice.float().sigmoid()
