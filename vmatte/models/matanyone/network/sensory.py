"""Sensory memory: a map carried from frame to frame through a gated recurrent unit, always in float32."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vmatte.models.matanyone.network.shape import Shape
from vmatte.nets.island import island


class Gates(nn.Module):
    """The unit itself: forget, update and candidate from one 3x3 convolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.transform = nn.Conv2d(2 * width, 3 * width, 3, padding=1)

    def forward(self, seen: Tensor, sensory: Tensor) -> Tensor:
        """Both (B, width, h, w); the new sensory memory has the same shape and is float32."""
        with island(seen):
            sensory = sensory.float()
            gates = self.transform(torch.cat([seen.float(), sensory], 1))
            forget, update, candidate = gates.chunk(3, 1)
            update = update.sigmoid()
            new: Tensor = forget.sigmoid() * sensory * (1 - update) + update * candidate.tanh()
            return new


class DecoderGates(Gates):
    """The unit that sees every stage of the decoder, brought down to stride 16."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape.width)
        p16, p8, p4, p2, p1 = shape.decoder
        self.g16_conv = nn.Conv2d(p16, shape.width, 1)
        self.g8_conv = nn.Conv2d(p8, shape.width, 1)
        self.g4_conv = nn.Conv2d(p4, shape.width, 1)
        self.g2_conv = nn.Conv2d(p2, shape.width, 1)
        self.g1_conv = nn.Conv2d(p1 + 1, shape.width, 1)

    def gather(self, stages: tuple[Tensor, Tensor, Tensor, Tensor, Tensor]) -> Tensor:
        """What the decoder saw, (B, width, h, w).

        Args:
            stages: Un-rectified features, each already averaged to stride 16, from p16 to p1 with the raw logit as
                its last channel.
        """
        convs = (self.g16_conv, self.g8_conv, self.g4_conv, self.g2_conv, self.g1_conv)
        first, *others = (conv(x) for conv, x in zip(convs, stages, strict=True))
        for other in others:
            first = first + other
        seen: Tensor = first
        return seen
