"""FBA Matting: alpha and the colours of both layers in one pass, fused with what the picture says of them.

Forte and Pitie, F, B, Alpha Matting, arXiv:2003.07711; parameter names are those of the authors' code. Kernels are
standardised once, by `standardised`, and not in every pass (Qiao et al., Weight Standardization, arXiv:1903.10520).
"""

from __future__ import annotations

from functools import partial
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.nets.blocks.resnet import Bottleneck, stage
from vmatte.nets.imagenet import normalised
from vmatte.nets.island import island, wide

ModuleT = TypeVar("ModuleT", bound=nn.Module)

#: Sides that the network takes are multiples of this.
STRIDE = 8
# Colour, closeness to the known classes, and the classes themselves.
_INPUTS = 3 + 6 + 2
_POOLS = (1, 2, 3, 6)
_PLAIN = "decoder.conv_up4."
_FLAT = 1e-5
# Of the fused alpha: how much the network's own counts, beside squared differences of colours.
_OWN = 0.1

norm = partial(nn.GroupNorm, 32)
leaky = partial(nn.LeakyReLU, inplace=True)


class FBA(nn.Module):
    """The published network."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def forward(self, rgb: Tensor, close: Tensor, two: Tensor) -> Tensor:
        """What `fused` takes, (B, 7, H, W), H and W multiples of 8.

        Args:
            rgb: (B, 3, H, W) in 0..1.
            close: (B, 6, H, W) closeness to known background and foreground, see `vmatte.models.fba.encoding`.
            two: (B, 2, H, W) 1 where the trimap is background, and where it is foreground.
        """
        coloured = normalised(rgb)
        taps = self.encoder(torch.cat((coloured, close, two), 1))
        raw: Tensor = self.decoder(*taps, torch.cat((coloured, rgb, two), 1))
        return raw


class Encoder(nn.Module):
    """ResNet-50 with group normalisation, its last two stages dilated instead of strided."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(_INPUTS, 64, 7, 2, padding=3, bias=False)
        self.bn1 = norm(64)
        self.layer1 = stage(Bottleneck, 64, 64, 3, norm=norm)
        self.layer2 = stage(Bottleneck, 256, 128, 4, stride=2, norm=norm)
        self.layer3 = stage(Bottleneck, 512, 256, 6, dilation=2, norm=norm)
        self.layer4 = stage(Bottleneck, 1024, 512, 3, dilation=4, first=2, norm=norm)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Maps at 1/2, 1/4 and 1/8 of (B, 11, H, W): 64, 256 and 2048 channels."""
        c1 = self.bn1(self.conv1(x)).relu_()
        c2 = self.layer1(F.max_pool2d(c1, 3, 2, padding=1))
        return c1, c2, self.layer4(self.layer3(self.layer2(c2)))


class Decoder(nn.Module):
    """Pyramid pooling, then up by two three times."""

    def __init__(self) -> None:
        super().__init__()
        self.ppm = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(size), nn.Conv2d(2048, 256, 1), norm(256), leaky()) for size in _POOLS
        )
        self.conv_up1 = nn.Sequential(*_step(2048 + 256 * len(_POOLS), 256), *_step(256, 256))
        self.conv_up2 = nn.Sequential(*_step(256 + 256, 256))
        self.conv_up3 = nn.Sequential(*_step(256 + 64, 64))
        self.conv_up4 = nn.Sequential(
            nn.Conv2d(64 + 8, 32, 3, padding=1), leaky(), nn.Conv2d(32, 16, 3, padding=1), leaky(), nn.Conv2d(16, 7, 1)
        )

    def forward(self, c1: Tensor, c2: Tensor, c5: Tensor, seen: Tensor) -> Tensor:
        """(B, 7, H, W) of the encoder's maps and (B, 8, H, W) of what it saw."""
        pooled = [_resized(pool(c5), c5) for pool in self.ppm]
        x = self.conv_up1(torch.cat((c5, *pooled), 1))
        x = self.conv_up2(torch.cat((_resized(x, c2), c2), 1))
        x = self.conv_up3(torch.cat((_resized(x, c1), c1), 1))
        raw: Tensor = self.conv_up4(torch.cat((_resized(x, seen), seen), 1))
        return raw


def fused(raw: Tensor, rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Alpha (B, 1, H, W), foreground and background (B, 3, H, W) in 0..1, in float32 at least.

    Each is moved towards what the other two and the picture ask for (the paper's equations 4 to 6): foreground, then
    background with the new foreground, then, both clamped, alpha.
    """
    with island(raw):
        raw, picture = wide(raw), wide(rgb)
        a = raw[:, :1].clamp(0, 1)
        f, b = raw[:, 1:4].sigmoid(), raw[:, 4:].sigmoid()
        f = a * picture + (1 - a * a) * f - a * (1 - a) * b
        b = (1 - a) * picture + (2 * a - a * a) * b - a * (1 - a) * f
        f, b = f.clamp(0, 1), b.clamp(0, 1)
        apart = f - b
        agreed = a * _OWN + ((picture - b) * apart).sum(1, keepdim=True)
        return (agreed / (apart.square().sum(1, keepdim=True) + _OWN)).clamp(0, 1), f, b


def standardised(network: ModuleT) -> ModuleT:
    """The network with all kernels but those of its last part at mean 0 and variance 1, output by output.

    Once only: a kernel whose values are small against the 1e-5 in the root is another one after a second time.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d) and not name.startswith(_PLAIN):
            kernel = module.weight.double()
            variance, mean = torch.var_mean(kernel, (1, 2, 3), correction=0, keepdim=True)
            module.weight.data = ((kernel - mean) / (variance + _FLAT).sqrt()).to(module.weight.dtype)
    return network


def _step(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inputs, outputs, 3, padding=1), norm(outputs), leaky()


def _resized(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)
