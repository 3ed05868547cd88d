"""GFM: one trunk, a decoder that glances and one that focuses.

Li et al., Bridging Composite and Real: Towards End-to-end Deep Image Matting, IJCV 2022. Parameter names are those of
the authors' code.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.gfm.network.encoder import WIDTHS, Trunk, stages
from vmatte.models.gfm.network.fusion import Kind, Merging, classes, fused, glanced

# Sides of the grids that the coarsest map is averaged over.
_GRIDS = (1, 3, 5)


class GFM(nn.Module):
    """A network with one pair of heads, or with three whose mattes are merged."""

    def __init__(self, trunk: Trunk, kinds: Sequence[Kind] = ("tt",)) -> None:
        super().__init__()
        widths = WIDTHS[trunk]
        seen, decoded, inside, self.large = widths.seen, widths.decoded, widths.inside, widths.large
        self.kinds, self.top = tuple(kinds), len(seen) - 1
        for number, one in enumerate(stages(trunk)):
            self.add_module(f"encoder{number}", one)
        self.psp_module = Pyramid(seen[-1])
        self.bridge_block = nn.Sequential(*(part for _ in range(3) for part in _rectified(seen[-1], seen[-1], 2)))
        for number in range(1, self.top + 1):
            enlarged = 2 ** (self.top + 1 - number)
            self.add_module(f"psp{number}", nn.Sequential(*_rectified(seen[-1], decoded[number - 1]), _up(enlarged)))
            coarsest, enlarges = number == self.top, not (self.large and number == 1)
            middle = (decoded[number], inside[number], decoded[number - 1])
            for branch, beside in (("g", decoded[number]), ("f", seen[number])):
                inputs = 2 * seen[-1] if coarsest else decoded[number] + beside
                self.add_module(f"decoder{number}_{branch}", _decoder(inputs, middle, enlarges))
        for kind in kinds:
            for branch, outputs in (("g", classes(kind)), ("f", 1)):
                head = _plain(decoded[0], outputs) if self.large else _head(decoded[0], seen[0], outputs)
                self.add_module(self._called(branch, kind), head)
        if len(kinds) > 1:
            self.rim = Merging()

    def forward(self, picture: Tensor) -> Tensor:
        """Mattes (B, 1, H, W) in 0..1 of (B, 3, H, W) float32 RGB in 0..255, sides multiples of 32."""
        mattes = [
            fused(glanced(glance, kind), focus.sigmoid(), kind)
            for kind, (glance, focus) in zip(self.kinds, self.heads(picture), strict=True)
        ]
        return self.rim(torch.cat(mattes, 1)).clamp(0, 1) if len(mattes) > 1 else mattes[0]

    def heads(self, picture: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Logits of glance, (B, 2 or 3, H, W), and focus, (B, 1, H, W), of each kind."""
        maps = self.features(picture)
        glance, focus = self.glance(maps[-1]), self.focus(maps)
        return [
            (self._made(self._called("g", kind), glance), self._made(self._called("f", kind), focus))
            for kind in self.kinds
        ]

    def features(self, picture: Tensor) -> list[Tensor]:
        """What each stage of the trunk makes, finest first."""
        found, x = [], picture
        for number in range(self.top + 1):
            x = self._made(f"encoder{number}", x)
            found.append(x)
        return found

    def glance(self, coarsest: Tensor) -> Tensor:
        """What the head of the glance is given."""
        context = self.psp_module(coarsest)
        beside, x = context, coarsest
        for number in range(self.top, 0, -1):
            x = self._made(f"decoder{number}_g", torch.cat((beside, x), 1))
            if number > 1 or not self.large:
                beside = self._made(f"psp{number}", context)
        return x if self.large else torch.cat((beside, x), 1)

    def focus(self, maps: Sequence[Tensor]) -> Tensor:
        """What the head of the focus is given."""
        x = self.bridge_block(maps[-1])
        for number in range(self.top, 0, -1):
            x = self._made(f"decoder{number}_f", torch.cat((x, maps[number]), 1))
        return x if self.large else torch.cat((x, maps[0]), 1)

    def _called(self, branch: str, kind: Kind) -> str:
        return f"decoder0_{branch}_{kind}" if len(self.kinds) > 1 else f"decoder0_{branch}"

    def _made(self, name: str, x: Tensor) -> Tensor:
        found: Tensor = self.get_submodule(name)(x)
        return found


class Pyramid(nn.Module):
    """The coarsest map, beside its means over grids of three sizes."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(side), nn.Conv2d(channels, channels, 1, bias=False)) for side in _GRIDS
        )
        self.bottleneck = nn.Conv2d(channels * (len(_GRIDS) + 1), channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, h, w) to the same."""
        size = (x.shape[2], x.shape[3])
        # From corner to corner, unlike every other resizing here.
        means = [F.interpolate(one(x), size, mode="bilinear", align_corners=True) for one in self.stages]
        rectified: Tensor = self.bottleneck(torch.cat((*means, x), 1)).relu_()
        return rectified


def _rectified(inputs: int, outputs: int, dilation: int = 1) -> tuple[nn.Module, nn.Module, nn.Module]:
    conv = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)
    return conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)


def _up(factor: int) -> nn.Upsample:
    return nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False)


def _decoder(inputs: int, widths: tuple[int, int, int], enlarges: bool) -> nn.Sequential:
    pairs = zip((inputs, *widths[:-1]), widths, strict=True)
    parts = [part for before, after in pairs for part in _rectified(before, after)]
    return nn.Sequential(*parts, *([_up(2)] if enlarges else []))


def _head(width: int, beside: int, outputs: int) -> nn.Sequential:
    parts = (*_rectified(width + beside, width), *_rectified(width, width))
    return nn.Sequential(*parts, nn.Conv2d(width, outputs, 3, padding=1), _up(2))


def _plain(width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width, outputs, 3, padding=1))
