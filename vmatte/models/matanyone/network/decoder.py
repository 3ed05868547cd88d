"""The decoder: from the memory readout back to the picture's own size, and on the way to the sensory memory.

The last stage, at full resolution, is the widest thing in the whole network. It runs in bands of rows, so that its
memory does not grow with the picture.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.matanyone.network.residual import PreActivation
from vmatte.models.matanyone.network.sensory import DecoderGates
from vmatte.models.matanyone.network.shape import Shape
from vmatte.nets.island import island

# Pixels of one band: 64 channels of them are 128 MiB in float32.
BAND = 1 << 19

# Rows at stride 2 beside a band that its result depends on: of the four at full resolution, three 3x3 convolutions and
# one bilinear enlargement take one each.
HALO = 2


class SkipProjection(nn.Module):
    """A 1x1 convolution for each stride of image features that the decoder takes in."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        into = (shape.decoder[0], shape.decoder[1], shape.decoder[2], shape.decoder[3])
        self.transforms = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(shape.encoder[1:], into, strict=True))


class Up(nn.Module):
    """Twice the size, plus what the image shows there, through a residual block."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.out_conv = PreActivation(inputs, outputs)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(B, inputs, H, W) and a skip of twice its size to (B, outputs, 2H, 2W)."""
        # Into the projected skip, which nobody else holds.
        skip += F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        up: Tensor = self.out_conv(skip)
        return up


class MaskDecoder(nn.Module):
    """Four enlargements and an alpha head whose raw value, cut to 0..1, is the matte."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        p16, p8, p4, p2, p1 = shape.decoder
        self.decoder_feat_proc = SkipProjection(shape)
        self.up_16_8 = Up(p16, p8)
        self.up_8_4 = Up(p8, p4)
        self.up_4_2 = Up(p4, p2)
        self.up_2_1 = Up(p2, p1)
        self.pred_mat = nn.Conv2d(p1, 1, 3, padding=1)
        # A training head, in the checkpoint and never called.
        self.pred_seg = nn.Conv2d(p1, 1, 3, padding=1)
        self.sensory_update = DecoderGates(shape)
        self.band = BAND

    def forward(
        self, p16: Tensor, skips: tuple[Tensor, Tensor, Tensor, Tensor], sensory: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Raw logits (B, 1, H, W) in float32, and the new sensory memory when one is given to update.

        Args:
            p16: (B, width, h, w) memory readout.
            skips: Image features at strides 8, 4, 2 and 1.
            sensory: (B, width, h, w), or None where it is to stay as it is.
        """
        f8, f4, f2, f1 = skips
        project = self.decoder_feat_proc.transforms
        p8 = self.up_16_8(p16, project[0](f8))
        p4 = self.up_8_4(p8, project[1](f4))
        p2 = self.up_4_2(p4, project[2](f2))
        bands = [self._band(p2, f1, top, bottom) for top, bottom in self._bands(f1)]
        logits = torch.cat([logit for logit, _ in bands], 2)
        if sensory is None:
            return logits, None
        stages = (
            p16,
            F.avg_pool2d(p8, 2),
            F.avg_pool2d(p4, 4),
            F.avg_pool2d(p2, 8),
            torch.cat([seen for _, seen in bands], 2),
        )
        return logits, self.sensory_update(self.sensory_update.gather(stages), sensory)

    def _bands(self, picture: Tensor) -> Iterator[tuple[int, int]]:
        """First row and row after the last of each band, all multiples of 16."""
        height, width = picture.shape[2:]
        rows = max(self.band // width // 16, 1) * 16
        for top in range(0, height, rows):
            yield top, min(top + rows, height)

    def _band(self, p2: Tensor, f1: Tensor, top: int, bottom: int) -> tuple[Tensor, Tensor]:
        """Raw logits of these rows, and what the sensory memory sees of them (B, 17, rows / 16, w).

        The rows around the band are computed with it and dropped, as the convolutions' zeros must fall outside the
        picture only.
        """
        low, high = max(top // 2 - HALO, 0), min(bottom // 2 + HALO, p2.shape[2])
        project = self.decoder_feat_proc.transforms[3]
        p1 = self.up_2_1(p2[:, :, low:high], project(f1[:, :, 2 * low : 2 * high]))
        with island(p1):
            logits = self.pred_mat(F.relu(p1.float()))
        inner = slice(top - 2 * low, bottom - 2 * low)
        p1, logits = p1[:, :, inner], logits[:, :, inner]
        # Averages of the two parts apart are those of both together, without a copy at full resolution.
        return logits, torch.cat([F.avg_pool2d(p1, 16), F.avg_pool2d(logits, 16)], 1)
