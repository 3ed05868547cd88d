"""Where a pixel is: sines and cosines of its column and row."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vmatte.models.matanyone.network.shape import Shape


class Position(nn.Module):
    """Positional encoding of a map, the same whatever its size: the last row and column count as `scale`.

    The frequencies are part of the checkpoint format, though they follow from the shape.
    """

    inv_freq: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        axis = shape.width // 2
        steps = torch.arange(0, axis, 2, dtype=torch.float32) / axis
        self.scale = shape.position_scale
        self.register_buffer("inv_freq", shape.position_temperature**-steps)

    def forward(self, rows: int, columns: int) -> Tensor:
        """(rows * columns, width), row by row; the first half of the channels is for the column."""
        x = self._axis(columns).unsqueeze(0).expand(rows, -1, -1)
        y = self._axis(rows).unsqueeze(1).expand(-1, columns, -1)
        return torch.cat([x, y], 2).flatten(0, 1)

    def _axis(self, length: int) -> Tensor:
        """(length, width / 2): sine and cosine of each frequency in turn."""
        place = torch.arange(length, dtype=torch.float32, device=self.inv_freq.device) / ((length - 1) + 1e-6)
        angle = (place * self.scale).unsqueeze(1) * self.inv_freq
        return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)
