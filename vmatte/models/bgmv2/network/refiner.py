"""The refiner: corrects the coarse matte at full size, patch by patch where it is expected to be wrong, or everywhere.

Lin et al., Real-Time High-Resolution Background Matting, CVPR 2021, section 3.2. A patch is computed from its own
surroundings alone, so that the dense and the sparse way give the same.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.bgmv2.network.base import HIDDEN, Coarse, resized
from vmatte.models.bgmv2.network.selection import PATCH

# Alpha and three channels of foreground.
_RESULT = 4
# Patches computed together: 45 MiB of windows in float32, and more at once were no faster on a processor.
_TOGETHER = 4096


class Refiner(nn.Module):
    """Two convolutions at half the size, two at the full one; without padding, so a kernel of 3 eats a border."""

    def __init__(self, kernel: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(HIDDEN + _RESULT + 6, 24, kernel, bias=False)
        self.bn1 = nn.BatchNorm2d(24)
        self.conv2 = nn.Conv2d(24, 16, kernel, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.conv3 = nn.Conv2d(16 + 6, 12, kernel, bias=False)
        self.bn3 = nn.BatchNorm2d(12)
        self.conv4 = nn.Conv2d(12, _RESULT, kernel)
        # What two valid convolutions at the full size eat, and at half the size those two and the half of these.
        self.border = kernel - 1
        self.half_border = self.border + self.border // 2

    def forward(self, pair: Tensor, coarse: Coarse, chosen: Tensor | None) -> Tensor:
        """Alpha and foreground residual at full size, (B, 4, H, W), not limited.

        Args:
            pair: (B, 6, H, W) frame and plate; H and W are multiples of 4.
            coarse: Of any smaller size.
            chosen: (B, 1, H/4, W/4) patches to refine; None refines the picture as a whole.
        """
        size = (pair.shape[2], pair.shape[3])
        if chosen is None:
            return self.dense(*self.views(pair, coarse))
        result = resized(torch.cat((coarse.alpha, coarse.foreground), 1), size).contiguous()
        places = chosen[:, 0].nonzero()
        if len(places):
            half, full = self.views(pair, coarse)
            self._patch(result, half, full, places)
        return result

    def dense(self, half: Tensor, full: Tensor) -> Tensor:
        """Of bordered views at half and full size, or of windows cut from them."""
        x = self.bn1(self.conv1(half)).relu_()
        x = self.bn2(self.conv2(x)).relu_()
        x = torch.cat((F.interpolate(x, scale_factor=2.0, mode="nearest"), full), 1)
        x = self.bn3(self.conv3(x)).relu_()
        refined: Tensor = self.conv4(x)
        return refined

    def views(self, pair: Tensor, coarse: Coarse) -> tuple[Tensor, Tensor]:
        """What the convolutions see at half and full size, zeros around it."""
        half = (pair.shape[2] // 2, pair.shape[3] // 2)
        known = torch.cat((coarse.hidden, coarse.alpha, coarse.foreground), 1)
        seen = torch.cat((resized(known, half), resized(pair, half)), 1)
        return F.pad(seen, (self.half_border,) * 4), F.pad(pair, (self.border,) * 4)

    def _patch(self, result: Tensor, half: Tensor, full: Tensor, places: Tensor) -> None:
        """Overwrites patches of `result` in place; `places` holds image, row and column of each."""
        tiles = _tiles(result)
        near = _windows(half, PATCH // 2, self.half_border)
        fine = _windows(full, PATCH, self.border)
        for some in torch.split(places, _TOGETHER):
            where = tuple(some.unbind(1))
            tiles[where] = self.dense(near[where], fine[where]).to(result.dtype)


def _windows(x: Tensor, step: int, border: int) -> Tensor:
    """(B, C, H, W) with its border as overlapping windows (B, rows, columns, C, side, side); a view."""
    side = step + 2 * border
    return x.unfold(2, side, step).unfold(3, side, step).permute(0, 2, 3, 1, 4, 5)


def _tiles(x: Tensor) -> Tensor:
    """(B, C, H, W), contiguous, as patches (B, rows, columns, C, 4, 4); a view that can be written to."""
    B, C, H, W = x.shape
    return x.view(B, C, H // PATCH, PATCH, W // PATCH, PATCH).permute(0, 2, 4, 1, 3, 5)
