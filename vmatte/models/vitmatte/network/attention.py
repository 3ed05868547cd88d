"""Attention of every patch to every other in parts, or with the positions folded in; exact either way.

The whole matrix of scores of a picture of 1920x1080 is 1.6 GB in float32 for the smaller network and 3.2 GB for the
larger one, and there are several of it at a time.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vmatte.models.vitmatte.settings import Attention

#: Rows of scores at a time; peak memory at 1920x1080 was measured not to be attention any more.
CHUNK = 1024
# The widest heads that fused kernels take.
_WIDEST = 256


class GlobalAttention(nn.Module):
    """Takes the place of the library's attention in a block that is not cut into windows, with its parameters.

    Scores are scaled products of queries and keys, and of queries with a table of relative rows and one of columns
    (Li et al., MViTv2, CVPR 2022).
    """

    # The library's module, whose parts have no types.
    inner: Any

    def __init__(self, inner: nn.Module, mode: Attention, chunk: int = CHUNK) -> None:
        super().__init__()
        self.inner, self.mode, self.chunk = inner, mode, chunk

    def forward(self, hidden_state: Tensor, output_attentions: bool = False) -> tuple[Tensor]:
        """(B, H, W, C) to the same, as a tuple; the library's signature. Scores are never given out."""
        batch, height, width, channels = hidden_state.shape
        qkv = self.inner.qkv(hidden_state).reshape(batch, height * width, 3, self.inner.num_heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).flatten(1, 2)  # each (B heads, H W, head)
        places = q.view(q.shape[0], height, width, -1)
        down = torch.einsum("bhwc,hkc->bhwk", places, relative(self.inner.rel_pos_h, height)).flatten(1, 2)
        across = torch.einsum("bhwc,wkc->bhwk", places, relative(self.inner.rel_pos_w, width)).flatten(1, 2)
        way = folded if self._folds(q.shape[-1] + height + width, height * width) else self._chunked
        mixed = way(q, k, v, down, across).view(batch, self.inner.num_heads, height * width, -1).transpose(1, 2)
        return (self.inner.proj(mixed.reshape(batch, height, width, channels)),)

    def _folds(self, wide: int, tokens: int) -> bool:
        if self.mode is not Attention.auto:
            return self.mode is Attention.folded
        return wide <= _WIDEST and tokens > self.chunk

    def _chunked(self, q: Tensor, k: Tensor, v: Tensor, down: Tensor, across: Tensor) -> Tensor:
        """Some rows of scores at a time; bit by bit what the library computes with all."""
        scaled, keys = q * q.shape[-1] ** -0.5, k.transpose(1, 2)
        parts = []
        for start in range(0, q.shape[1], self.chunk):
            rows = slice(start, start + self.chunk)
            scores = (scaled[:, rows] @ keys).view(*scaled[:, rows].shape[:2], down.shape[2], across.shape[2])
            scores = scores + down[:, rows, :, None] + across[:, rows, None]
            parts.append(scores.flatten(2).softmax(-1) @ v)
        return torch.cat(parts, 1)


def folded(q: Tensor, k: Tensor, v: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """One plain attention: what a query has for rows and columns is part of it, a key says where it is.

    Args:
        q: (B, N, head).
        k: Likewise.
        v: Likewise.
        down: (B, N, H) what each query adds to scores of every row, N = H W.
        across: (B, N, W) likewise for columns.
    """
    batch, count, head = q.shape
    height, width = down.shape[2], across.shape[2]
    rows, columns = (torch.eye(side, dtype=k.dtype, device=k.device) for side in (height, width))
    codes = torch.cat((rows.repeat_interleave(width, 0), columns.repeat(height, 1)), 1)
    queries = torch.cat((q * head**-0.5, down.to(q.dtype), across.to(q.dtype)), 2)
    keys = torch.cat((k, codes.expand(batch, -1, -1)), 2)
    # Fused kernels want values as wide as keys.
    values = F.pad(v, (0, height + width))
    mixed = F.scaled_dot_product_attention(queries[None], keys[None], values[None], scale=1.0)
    return mixed[0, :, :count, :head]


def relative(table: Tensor, side: int) -> Tensor:
    """(side, side, head): the entry for every two places along an axis, of a table stretched to 2 side - 1 entries."""
    wanted = 2 * side - 1
    if table.shape[0] != wanted:
        table = F.interpolate(table.T[None], wanted, mode="linear")[0].T
    place = torch.arange(side, device=table.device)
    return table[place[:, None] - place + side - 1]
