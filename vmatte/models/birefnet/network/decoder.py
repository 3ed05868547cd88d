"""The decoder: from stride 32 up, each step fed with the picture itself, cut into tiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.birefnet.network.block import Block, patches, up
from vmatte.nets.island import island

_GATE = 16
_STEM = 64
#: Tiles along a side that the picture is cut into for each step; the step after the last takes the picture itself.
GRIDS = {5: 32, 4: 16, 3: 8, 2: 4, 1: 1}


class Decoder(nn.Module):
    """Four steps up, then the logits."""

    def __init__(self, width: int) -> None:
        """For a trunk whose maps, doubled, have (2, 4, 8, 16) * width channels."""
        super().__init__()
        x1, x2, x3, x4 = (width << power for power in (1, 2, 3, 4))
        fed = {5: x4 // 8, 4: x4 // 8, 3: x3 // 8, 2: x2 // 8, 1: x1 // 8}
        for number, grid in GRIDS.items():
            self.add_module(f"ipt_blk{number}", PictureBlock(3 * grid * grid, fed[number]))
        self.decoder_block4 = Block(x4 + fed[5], x3)
        self.decoder_block3 = Block(x3 + fed[4], x2)
        self.decoder_block2 = Block(x2 + fed[3], x1)
        self.decoder_block1 = Block(x1 + fed[2], x1 // 2)
        for number, channels in ((4, x3), (3, x2), (2, x1)):
            self.add_module(f"lateral_block{number}", Lateral(channels))
            self.add_module(f"gdt_convs_{number}", Edges(channels))
            self.add_module(f"gdt_convs_attn_{number}", nn.Sequential(nn.Conv2d(_GATE, 1, 1)))
            # The next two only served the training loss; they are in every checkpoint.
            self.add_module(f"conv_ms_spvn_{number}", nn.Conv2d(channels, 1, 1))
            self.add_module(f"gdt_convs_pred_{number}", nn.Sequential(nn.Conv2d(_GATE, 1, 1)))
        self.conv_out1 = nn.Sequential(nn.Conv2d(x1 // 2 + fed[1], 1, 1))

    def forward(self, image: Tensor, maps: Sequence[Tensor]) -> Tensor:
        """Logits (B, 1, H, W) of a normalised image and the encoder's four maps, finest first."""
        x1, x2, x3, x4 = maps
        p = self.gated(4, self.decoder_block4(self.fed(5, x4, image)))
        p = self.gated(3, self.decoder_block3(self.fed(4, self.joined(4, p, x3), image)))
        p = self.gated(2, self.decoder_block2(self.fed(3, self.joined(3, p, x2), image)))
        p = self.decoder_block1(self.fed(2, self.joined(2, p, x1), image))
        return self.logits(p, image)

    def fed(self, number: int, x: Tensor, image: Tensor) -> Tensor:
        """`x` with the picture's tiles beside it."""
        return torch.cat((x, self.get_submodule(f"ipt_blk{number}")(patches(image, GRIDS[number]))), 1)

    def joined(self, number: int, p: Tensor, x: Tensor) -> Tensor:
        """The step below at the size of `x`, plus `x`."""
        lateral: Tensor = self.get_submodule(f"lateral_block{number}")(x)
        return lateral + up(p, x)

    def gated(self, number: int, p: Tensor) -> Tensor:
        """`p` weighted by what its own edges say."""
        return p * self.gate(number, p)

    def gate(self, number: int, p: Tensor) -> Tensor:
        """(B, 1, h, w) in 0..1."""
        edges = self.get_submodule(f"gdt_convs_{number}")(p)
        weight: Tensor = self.get_submodule(f"gdt_convs_attn_{number}")(edges).sigmoid()
        return weight

    def logits(self, p: Tensor, image: Tensor) -> Tensor:
        """The last 1x1 convolution, of `p` at the image's size and what `ipt_blk1` makes of the image, (B, 1, H, W).

        Both halves are linear up to it, so it is applied first: to `p` before that grows sixteenfold, and to the
        weights of `ipt_blk1`. Nothing of full size has more than one channel but that block's stem.
        """
        final, picture = self.conv_out1[0], cast("PictureBlock", self.get_submodule("ipt_blk1"))
        assert isinstance(final, nn.Conv2d)
        channels = p.shape[1]
        # The sum stays in float32 at any precision: what is lost here is seen in the matte.
        with island(p):
            below, beside = final.weight[:, :channels], final.weight[:, channels:, 0, 0]
            kernel = (beside @ picture.conv_out.weight.flatten(1)).view(1, _STEM, 3, 3)
            found = up(F.conv2d(p.float(), below, final.bias) + _offset(beside, picture), image)
        return found + F.conv2d(picture.conv1(image), kernel, padding=1)


def _offset(beside: Tensor, picture: PictureBlock) -> Tensor:
    """What the inner block's bias comes to in the logits."""
    assert picture.conv_out.bias is not None
    return beside @ picture.conv_out.bias


class PictureBlock(nn.Module):
    """Two convolutions of the picture's tiles, with nothing between them."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, _STEM, 3, padding=1)
        self.conv_out = nn.Conv2d(_STEM, outputs, 3, padding=1)

    def forward(self, tiles: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, outputs, h, w)."""
        made: Tensor = self.conv_out(self.conv1(tiles))
        return made


class Lateral(nn.Module):
    """A 1x1 convolution of an encoder map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, h, w) to the same."""
        made: Tensor = self.conv(x)
        return made


class Edges(nn.Sequential):
    """What is left of the gradient supervision at inference."""

    def __init__(self, channels: int) -> None:
        super().__init__(nn.Conv2d(channels, _GATE, 3, padding=1), nn.BatchNorm2d(_GATE), nn.ReLU(inplace=True))
