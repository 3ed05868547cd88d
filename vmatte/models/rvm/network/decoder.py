"""The decoder: from stride 16 back to the picture, with a recurrent unit at each of four strides.

Everything but the recurrent units treats all frames of a chunk at once; they go frame by frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: Recurrent maps at strides 2, 4, 8, 16.
Maps = tuple[Tensor, Tensor, Tensor, Tensor]


class Decoder(nn.Module):
    """From maps of the trunk and the picture itself to 16 channels at the picture's size."""

    def __init__(self, features: Sequence[int], widths: Sequence[int]) -> None:
        """Builds it.

        Args:
            features: Channels at strides 2, 4, 8 and, after the bridge, 16.
            widths: Channels of the outputs at strides 1, 2, 4, 8.
        """
        super().__init__()
        f1, f2, f3, f4 = features
        w0, w1, w2, w3 = widths
        self.decode4 = RecurrentBlock(f4)
        self.decode3 = UpsamplingBlock(f4 + f3 + 3, w3)
        self.decode2 = UpsamplingBlock(w3 + f2 + 3, w2)
        self.decode1 = UpsamplingBlock(w2 + f1 + 3, w1)
        self.decode0 = OutputBlock(w1 + 3, w0)

    def forward(
        self, picture: Tensor, features: Sequence[Tensor], before: Maps | None, clips: int
    ) -> tuple[Tensor, Maps]:
        """One chunk.

        Args:
            picture: (N, 3, h, w) in 0..1, time outermost.
            features: Four maps of it.
            before: The recurrent maps after the frame before the chunk, (B, C, ...); None starts with zeros.
            clips: B.

        Returns:
            (N, C, ceil(h/2), ceil(w/2)), and the recurrent maps after the chunk's last frame.
        """
        f1, f2, f3, f4 = features
        s1 = _halved(picture)
        s2 = _halved(s1)
        s3 = _halved(s2)
        r1, r2, r3, r4 = before or (None, None, None, None)
        x, r4 = self.decode4(f4, r4, clips)
        x, r3 = self.decode3(_joined(x, f3, s3), r3, clips)
        x, r2 = self.decode2(_joined(x, f2, s2), r2, clips)
        x, r1 = self.decode1(_joined(x, f1, s1), r1, clips)
        return x, (r1, r2, r3, r4)

    def finished(self, x: Tensor, picture: Tensor) -> Tensor:
        """What `forward` gives as (N, 16, h, w); nothing is remembered at this size."""
        hidden: Tensor = self.decode0(_joined(x, picture))
        return hidden


class RecurrentBlock(nn.Module):
    """The lowest block: half of the channels pass the recurrent unit."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gru = ConvGRU(width // 2)

    def forward(self, x: Tensor, before: Tensor | None, clips: int) -> tuple[Tensor, Tensor]:
        """(N, width, h, w) to the same, and the state after the last frame."""
        return _remembered(self.gru, x, before, clips)


class UpsamplingBlock(nn.Module):
    """What comes from below, the trunk and the picture joined; half of the channels pass the recurrent unit."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )
        self.gru = ConvGRU(outputs // 2)

    def forward(self, x: Tensor, before: Tensor | None, clips: int) -> tuple[Tensor, Tensor]:
        """(N, inputs, h, w) to (N, outputs, h, w), and the state after the last frame."""
        return _remembered(self.gru, self.conv(x), before, clips)


class OutputBlock(nn.Module):
    """To the picture's own size; nothing is remembered there."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, h, w) to (N, outputs, h, w)."""
        made: Tensor = self.conv(x)
        return made


class ConvGRU(nn.Module):
    """A gated recurrent unit of convolutions (Ballas et al., Delving Deeper into Convolutional Networks, ICLR 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.ih = nn.Sequential(nn.Conv2d(2 * width, 2 * width, 3, padding=1), nn.Sigmoid())
        self.hh = nn.Sequential(nn.Conv2d(2 * width, width, 3, padding=1), nn.Tanh())

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """The state after one frame: x and h are (B, width, h, w)."""
        reset, update = self.ih(torch.cat((x, h), 1)).chunk(2, 1)
        fresh = self.hh(torch.cat((x, reset * h), 1))
        after: Tensor = (1 - update) * h + update * fresh
        return after


def _remembered(gru: ConvGRU, x: Tensor, before: Tensor | None, clips: int) -> tuple[Tensor, Tensor]:
    """The maps with their second half replaced by the states that it leads to, and the last of these."""
    first, second = x.chunk(2, 1)
    state = torch.zeros_like(second[:clips], dtype=torch.float32) if before is None else before
    states = []
    for frame in torch.split(second, clips):
        state = gru(frame, state)
        states.append(state)
    return torch.cat((first, states[0] if len(states) == 1 else torch.cat(states)), 1), state


def _halved(picture: Tensor) -> Tensor:
    """Mean of 2x2 px; at an odd edge, of those that exist."""
    return F.avg_pool2d(picture, 2, ceil_mode=True, count_include_pad=False)


def _joined(x: Tensor, *fine: Tensor) -> Tensor:
    """A map at twice its size, less the row and column that are too many at odd sizes, with maps of the finer size."""
    height, width = fine[0].shape[2:]
    doubled = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return torch.cat((doubled[:, :, :height, :width], *fine), 1)
