"""The object transformer: a few queries that stand for subject and background talk to every pixel and back."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vmatte.models.matanyone.network.attention import FeedForward, ReadFromPixel, ReadFromQuery, SelfAttention
from vmatte.models.matanyone.network.position import Position
from vmatte.models.matanyone.network.residual import ChannelAttended
from vmatte.models.matanyone.network.shape import Shape


class PixelFeedForward(nn.Module):
    """A channel-attended residual on the pixels seen as a map again."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.conv = ChannelAttended(shape.width)

    def forward(self, pixels: Tensor, rows: int, columns: int) -> Tensor:
        """(B, n, width) to (B, width, rows, columns)."""
        new: Tensor = self.conv(pixels.transpose(1, 2).reshape(pixels.shape[0], -1, rows, columns))
        return new


class Block(nn.Module):
    """One round of queries reading pixels, each other, and pixels reading queries."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.read_from_pixel = ReadFromPixel(shape)
        self.self_attn = SelfAttention(shape)
        self.ffn = FeedForward(shape)
        self.read_from_query = ReadFromQuery(shape)
        self.pixel_ffn = PixelFeedForward(shape)

    def forward(
        self, query: Tensor, place: Tensor, pixels: Tensor, pixel_place: Tensor, allowed: Tensor
    ) -> tuple[Tensor, Tensor]:
        """New queries (B, Q, width) and pixels (B, width, h, w).

        Args:
            query: (B, Q, width).
            place: (B, Q, width) what is added to queries as their position.
            pixels: (B, width, h, w).
            pixel_place: (B, n, width) what is added to pixels as their position.
            allowed: (B, 1, Q, n) which pixels each query may look at.
        """
        flat = _flat(pixels)
        query = self.read_from_pixel(query, place, flat, pixel_place, allowed)
        query = self.ffn(self.self_attn(query, place))
        flat = self.read_from_query(flat, pixel_place, query, place)
        return query, self.pixel_ffn(flat, *pixels.shape[2:])


class ObjectTransformer(nn.Module):
    """Refines fused pixels with the object memory (Cheng et al., Putting the Object Back into VOS, CVPR 2024)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.side = shape.queries // 2
        self.query_init = nn.Embedding(shape.queries, width)
        self.query_emb = nn.Embedding(shape.queries, width)
        self.summary_to_query_init = nn.Linear(width, width)
        self.summary_to_query_emb = nn.Linear(width, width)
        self.pixel_init_proj = nn.Conv2d(width, width, 1)
        self.pixel_emb_proj = nn.Conv2d(width, width, 1)
        self.spatial_pe = Position(shape)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.blocks))
        # One more than there are blocks: the last served training only.
        self.mask_pred = nn.ModuleList(
            nn.Sequential(nn.ReLU(), nn.Conv2d(width, 1, 1)) for _ in range(shape.blocks + 1)
        )

    def forward(self, fused: Tensor, objects: Tensor) -> Tensor:
        """The memory readout the decoder starts from, (B, width, h, w).

        Args:
            fused: (B, width, h, w).
            objects: (B, Q, width + 1) object memory: sums, and the weights they were summed with.
        """
        summary = objects[:, :, :-1] / (objects[:, :, -1:] + 1e-4)
        query = self.query_init.weight + self.summary_to_query_init(summary)
        place = self.query_emb.weight + self.summary_to_query_emb(summary)
        pixels: Tensor = self.pixel_init_proj(fused)
        pixel_place = self.spatial_pe(*fused.shape[2:]) + _flat(self.pixel_emb_proj(fused))
        for block, head in zip(self.blocks, self.mask_pred, strict=False):
            query, pixels = block(query, place, pixels, pixel_place, self._allowed(head(pixels)))
        return pixels

    def _allowed(self, logits: Tensor) -> Tensor:
        """(B, 1, Q, n): the first half of the queries sees the foreground, the second the background.

        A query that would see nothing sees everything. A tie counts as foreground.
        """
        subject = logits.float().sigmoid().flatten(2)  # (B, 1, n)
        inside = (subject >= 1 - subject).unsqueeze(2)
        sides = [side | ~side.any(3, keepdim=True) for side in (inside, ~inside)]
        return torch.cat([side.expand(-1, -1, self.side, -1) for side in sides], 2)


def _flat(pixels: Tensor) -> Tensor:
    """(B, C, h, w) to (B, n, C), row by row."""
    return pixels.flatten(2).transpose(1, 2)
