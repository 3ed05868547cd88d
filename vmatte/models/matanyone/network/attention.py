"""Attention layers of the object transformer; positions are added to queries and keys, never to values."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.matanyone.network.shape import Shape


class Attention(nn.Module):
    """Multi-head attention with its three projections packed in one matrix, in the order query, key, value."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * shape.width, shape.width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * shape.width))
        self.out_proj = nn.Linear(shape.width, shape.width)
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor | None = None) -> Tensor:
        """(B, N, width) for N queries; `allowed` (B, 1, N, M) says which of the M keys each may look at."""
        parts = zip((query, key, value), self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3), strict=True)
        q, k, v = (self._split(F.linear(x, weight, bias)) for x, weight, bias in parts)
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
        out: Tensor = self.out_proj(seen.transpose(1, 2).flatten(2))
        return out

    def _split(self, x: Tensor) -> Tensor:
        """(B, N, width) to (B, heads, N, width / heads)."""
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)


class ReadFromPixel(nn.Module):
    """Queries look at pixels; the residual starts from the normalised query."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.cross_attn = Attention(shape)
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, query: Tensor, place: Tensor, pixels: Tensor, pixel_place: Tensor, allowed: Tensor) -> Tensor:
        """(B, Q, width)."""
        query = self.norm(query)
        new: Tensor = query + self.cross_attn(query + place, pixels + pixel_place, pixels, allowed)
        return new


class SelfAttention(nn.Module):
    """Queries look at each other; the residual starts from the normalised query."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attn = Attention(shape)
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, query: Tensor, place: Tensor) -> Tensor:
        """(B, Q, width)."""
        query = self.norm(query)
        new: Tensor = query + self.self_attn(query + place, query + place, query)
        return new


class FeedForward(nn.Module):
    """Each query by itself; the residual starts from the query as it came."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.linear1 = nn.Linear(shape.width, shape.feed_forward)
        self.linear2 = nn.Linear(shape.feed_forward, shape.width)
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, query: Tensor) -> Tensor:
        """(B, Q, width)."""
        new: Tensor = query + self.linear2(F.relu(self.linear1(self.norm(query))))
        return new


class ReadFromQuery(nn.Module):
    """Pixels look at queries, without a norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.cross_attn = Attention(shape)

    def forward(self, pixels: Tensor, pixel_place: Tensor, query: Tensor, place: Tensor) -> Tensor:
        """(B, n, width)."""
        new: Tensor = pixels + self.cross_attn(pixels + pixel_place, query + place, query)
        return new
