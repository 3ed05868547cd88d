"""Object memory: a few sums over the subject and a few over the background, whatever the frame's size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.matanyone.network.position import Position
from vmatte.models.matanyone.network.shape import Shape
from vmatte.nets.island import island


class ObjectSummarizer(nn.Module):
    """Weighted sums of a frame's mask value; the weights are predicted, and split by the matte."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.side = shape.queries // 2
        self.pos_enc = Position(shape)
        self.input_proj = nn.Linear(shape.width, shape.width)
        self.feature_pred = _perceptron(shape.width, shape.width)
        self.weights_pred = _perceptron(shape.width, shape.queries)

    def forward(self, value: Tensor, alpha: Tensor) -> Tensor:
        """Sums and, as the last channel, what the weights sum to; (B, Q, width + 1), float32, not normalised.

        Args:
            value: (B, width, h, w) mask value.
            alpha: (B, 1, H, W) the matte it was made from.
        """
        x = self.input_proj(value.flatten(2).transpose(1, 2))  # (B, n, width)
        with island(x):
            x = x.float() + self.pos_enc(*value.shape[2:])
            features = self.feature_pred(x)
            inside = F.avg_pool2d(alpha.float(), 16).flatten(2).transpose(1, 2)  # (B, n, 1)
            split = torch.cat([inside.expand(-1, -1, self.side), (1 - inside).expand(-1, -1, self.side)], 2)
            weights = self.weights_pred(x).sigmoid() * split  # (B, n, Q)
            return torch.cat([weights.transpose(1, 2) @ features, weights.sum(1).unsqueeze(2)], 2)


def _perceptron(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, inputs), nn.ReLU(), nn.Linear(inputs, outputs))
