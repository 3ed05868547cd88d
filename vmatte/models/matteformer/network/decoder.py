"""From the encoder's maps to mattes at three scales; parameter names are those of the authors' code."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.matteformer.network.encoder import SHORTCUTS

# Channels inside a head.
_HIDDEN = 32

leaky = partial(nn.LeakyReLU, 0.2, inplace=True)


class Decoder(nn.Module):
    """Five steps up, a matte after the second, the third and the last."""

    def __init__(self) -> None:
        super().__init__()
        full, half, quarter, eighth, sixteenth, deepest = SHORTCUTS
        self.layer1 = _layer(deepest, sixteenth, 2)
        self.layer2 = _layer(sixteenth, eighth, 3)
        self.layer3 = _layer(eighth, quarter, 3)
        self.layer4 = _layer(quarter, half, 2)
        self.conv1 = _doubling(full)
        self.bn1 = nn.BatchNorm2d(full)
        self.leaky = leaky()
        self.refine_OS1 = _head(full)
        self.refine_OS4 = _head(quarter)
        self.refine_OS8 = _head(eighth)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Logits at strides 1, 4 and 8, (B, 1, H, W) each at its own, of maps at strides 1 to 32."""
        e0, e1, e2, e3, e4, e5 = maps
        x = self.layer1(e5) + e4
        x = self.layer2(x) + e3
        coarse = self.refine_OS8(x)
        x = self.layer3(x) + e2
        middle = self.refine_OS4(x)
        x = self.layer4(x) + e1
        x = self.leaky(self.bn1(self.conv1(x))) + e0
        return self.refine_OS1(x), middle, coarse


class Enlarging(nn.Module):
    """Twice the size, beside a shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = _doubling(inputs)
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv2 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.upsample = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.leaky = leaky()

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, 2H, 2W)."""
        y = self.bn2(self.conv2(self.leaky(self.bn1(self.conv1(x)))))
        y += self.upsample(x)
        made: Tensor = self.leaky(y)
        return made


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.leaky = leaky()

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, H, W) to the same."""
        y = self.bn2(self.conv2(self.leaky(self.bn1(self.conv1(x)))))
        y += x
        made: Tensor = self.leaky(y)
        return made


def opened(logits: Tensor, scale: int) -> Tensor:
    """A matte in 0..1 at full size of logits at 1/scale, enlarged before they are squashed."""
    if scale > 1:
        logits = F.interpolate(logits, scale_factor=scale, mode="bilinear", align_corners=False)
    return (logits.tanh() + 1) / 2


def _layer(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(Enlarging(inputs, outputs), *(Residual(outputs) for _ in range(blocks - 1)))


def _doubling(width: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(width, width, 4, 2, padding=1, bias=False)


def _head(inputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, _HIDDEN, 3, padding=1, bias=False),
        nn.BatchNorm2d(_HIDDEN),
        leaky(),
        nn.Conv2d(_HIDDEN, 1, 3, padding=1),
    )
