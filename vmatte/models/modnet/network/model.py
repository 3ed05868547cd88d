"""MODNet: where the subject is, seen at low resolution; its edge, at high resolution; and both fused to a matte.

Ke et al., MODNet: Real-Time Trimap-Free Portrait Matting via Objective Decomposition, AAAI 2022.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vmatte.models.modnet.network.block import Conv, scaled
from vmatte.nets.blocks.excite import SqueezeExcite
from vmatte.nets.blocks.mobilenetv2 import InvertedResidual, activated, features

#: What sides are multiples of.
STRIDE = 32
# Channels after the trunk's last convolution, and blocks after which the trunk is tapped, at 1/2, 1/4 and 1/32.
_DEEPEST = 1280
_TAPS = (1, 3, 18)


class MODNet(nn.Module):
    """The published network."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.lr_branch = LowResolution()
        self.hr_branch = HighResolution()
        self.f_branch = Fusion()

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of (B, 3, H, W) float32 RGB in -1..1, sides multiples of 32."""
        enc2x, enc4x, enc32x = self.backbone(image)
        lr8x = self.lr_branch(enc32x)
        logits: Tensor = self.f_branch(image, lr8x, self.hr_branch(image, enc2x, enc4x, lr8x))
        return logits


class Trunk(nn.Module):
    """MobileNetV2 without its classifier, its blocks' layers in one row as these checkpoints name them."""

    def __init__(self) -> None:
        super().__init__()
        blocks = features(3)
        for block in blocks:
            if isinstance(block, InvertedResidual):
                parts = (part if isinstance(part, nn.Sequential) else [part] for part in block.conv)
                block.conv = nn.Sequential(*(layer for part in parts for layer in part))
        self.features = nn.Sequential(*blocks, activated(320, _DEEPEST, 1))


class Backbone(nn.Module):
    """The trunk, under the name that checkpoints have for it."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Trunk()

    def forward(self, image: Tensor) -> list[Tensor]:
        """Maps of (B, 16, H/2, W/2), (B, 24, H/4, W/4) and (B, 1280, H/32, W/32)."""
        seen, x = [], image
        for number, block in enumerate(self.model.features):
            x = block(x)
            if number in _TAPS:
                seen.append(x)
        return seen


class LowResolution(nn.Module):
    """Where the subject is."""

    def __init__(self) -> None:
        super().__init__()
        self.se_block = SqueezeExcite(_DEEPEST, 320)
        self.conv_lr16x = Conv(_DEEPEST, 96, 5)
        self.conv_lr8x = Conv(96, 32, 5)
        # Served the training loss only; it is in every checkpoint.
        self.conv_lr = Conv(32, 1, 3, 2, last=True)

    def forward(self, enc32x: Tensor) -> Tensor:
        """The deepest map as (B, 32, H/8, W/8)."""
        lr16x = self.conv_lr16x(scaled(self.se_block(enc32x), 2))
        lr8x: Tensor = self.conv_lr8x(scaled(lr16x, 2))
        return lr8x

    def semantic(self, lr8x: Tensor) -> Tensor:
        """Logits (B, 1, H/16, W/16) of the coarse mask; for the training loss."""
        logits: Tensor = self.conv_lr(lr8x)
        return logits


class HighResolution(nn.Module):
    """What the subject's edge looks like."""

    def __init__(self) -> None:
        super().__init__()
        self.tohr_enc2x = Conv(16, 32, 1)
        self.conv_enc2x = Conv(32 + 3, 32, 3, 2)
        self.tohr_enc4x = Conv(24, 32, 1)
        self.conv_enc4x = Conv(64, 64, 3)
        self.conv_hr4x = nn.Sequential(Conv(96 + 3, 64, 3), Conv(64, 64, 3), Conv(64, 32, 3))
        self.conv_hr2x = nn.Sequential(Conv(64, 64, 3), Conv(64, 32, 3), Conv(32, 32, 3), Conv(32, 32, 3))
        # Served the training loss only; it is in every checkpoint.
        self.conv_hr = nn.Sequential(Conv(32 + 3, 32, 3), Conv(32, 1, 1, last=True))

    def forward(self, image: Tensor, enc2x: Tensor, enc4x: Tensor, lr8x: Tensor) -> Tensor:
        """(B, 32, H/2, W/2)."""
        edge2x = self.tohr_enc2x(enc2x)
        x = self.conv_enc2x(torch.cat((scaled(image, 1 / 2), edge2x), 1))
        x = self.conv_enc4x(torch.cat((x, self.tohr_enc4x(enc4x)), 1))
        x = self.conv_hr4x(torch.cat((x, scaled(lr8x, 2), scaled(image, 1 / 4)), 1))
        hr2x: Tensor = self.conv_hr2x(torch.cat((scaled(x, 2), edge2x), 1))
        return hr2x

    def detail(self, image: Tensor, hr2x: Tensor) -> Tensor:
        """Logits (B, 1, H, W) of the matte near the edge; for the training loss."""
        logits: Tensor = self.conv_hr(torch.cat((scaled(hr2x, 2), image), 1))
        return logits


class Fusion(nn.Module):
    """The matte from both."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_lr4x = Conv(32, 32, 5)
        self.conv_f2x = Conv(64, 32, 3)
        self.conv_f = nn.Sequential(Conv(32 + 3, 16, 3), Conv(16, 1, 1, last=True))

    def forward(self, image: Tensor, lr8x: Tensor, hr2x: Tensor) -> Tensor:
        """Logits (B, 1, H, W)."""
        lr4x = self.conv_lr4x(scaled(lr8x, 2))
        f2x = self.conv_f2x(torch.cat((scaled(lr4x, 2), hr2x), 1))
        logits: Tensor = self.conv_f(torch.cat((scaled(f2x, 2), image), 1))
        return logits
