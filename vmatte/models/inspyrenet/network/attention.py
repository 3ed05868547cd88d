"""Attention to a handful of contexts: what is subject so far, what is not, what is doubtful, and where edges are."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.inspyrenet.network.block import DEPTH, Conv, resized
from vmatte.nets.island import island, wide


class ContextAttention(nn.Module):
    """Each pixel asks three or five contexts, which are sums of the map weighted by the saliency so far."""

    def __init__(self, inputs: int, size: tuple[int, int], *, edges: bool) -> None:
        """For maps of so many channels; contexts are summed at `size`, and there are two more for edges."""
        super().__init__()
        self.size = size
        self.conv_query = nn.ModuleList((Conv(inputs, DEPTH, 3), Conv(DEPTH, DEPTH, 3)))
        self.conv_key = nn.ModuleList((Conv(inputs, DEPTH), Conv(DEPTH, DEPTH)))
        self.conv_value = nn.ModuleList((Conv(inputs, DEPTH), Conv(DEPTH, DEPTH)))
        self.conv_out1 = Conv(DEPTH, DEPTH, 3)
        self.conv_out2 = Conv(inputs + DEPTH, DEPTH, 3)
        self.conv_out3 = Conv(DEPTH, DEPTH, 3)
        self.conv_out4 = Conv(DEPTH, 1)
        self.threshold = nn.Parameter(torch.full((1,), 0.5))
        if edges:
            self.lthreshold = nn.Parameter(torch.full((1,), 0.5))

    def forward(self, x: Tensor, saliency: Tensor, edges: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Features (B, 64, h, w) and logits (B, 1, h, w).

        Args:
            x: (B, inputs, h, w).
            saliency: (B, 1, ...) logits so far.
            edges: (B, 1, ...) logits that were added last, where the block has contexts for them.
        """
        # The sums run over up to a million places: they stay in float32 at any precision.
        with island(x):
            contexts = self.contexts(wide(x), self.weights(x, saliency, edges))
            key, value = (rectified(convs, contexts) for convs in (self.conv_key, self.conv_value))
        o = F.relu(self.conv_out1(asked(rectified(self.conv_query, x), key, value)))
        y = F.relu(self.conv_out3(F.relu(self.conv_out2(torch.cat((x, o.to(x.dtype)), 1)))))
        return y, self.conv_out4(y)

    def weights(self, x: Tensor, saliency: Tensor, edges: Tensor | None) -> Tensor:
        """(B, 3 or 5, h, w): subject, background, doubt; edges outwards and inwards."""
        size = (x.shape[2], x.shape[3])
        p = resized(wide(saliency), size).sigmoid() - self.threshold
        found = [p.clamp(0, 1), (-p).clamp(0, 1), self.threshold - p.abs()]
        if edges is not None:
            q = resized(wide(edges), size).sigmoid() - self.lthreshold
            found += [q.clamp(0, 1), (-q).clamp(0, 1)]
        return torch.cat(found, 1)

    def contexts(self, x: Tensor, weights: Tensor) -> Tensor:
        """(B, inputs, 3 or 5, 1): sums, not means, over all places.

        The map is re-interpreted as if its channels lay innermost, not transposed; the published weights expect that.
        """
        batch, inputs = x.shape[:2]
        places = self.size[0] * self.size[1]
        scrambled = resized(x, self.size).reshape(batch, places, inputs)
        summed = resized(weights, self.size).reshape(batch, -1, places) @ scrambled
        return summed.transpose(1, 2).unsqueeze(3)


def rectified(convs: nn.ModuleList, x: Tensor) -> Tensor:
    """Convolutions one after the other, each rectified."""
    for conv in convs:
        x = F.relu(conv(x))
    return x


def asked(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """What each pixel of (B, 64, h, w) takes from the contexts, (B, 64, n, 1) keys and values."""
    scores = torch.einsum("bchw,bcn->bnhw", query, key[..., 0].to(query.dtype)) / query.shape[1] ** 0.5
    return torch.einsum("bnhw,bcn->bchw", scores.softmax(1), value[..., 0].to(scores.dtype))
