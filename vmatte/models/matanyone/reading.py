"""Reading from pixel memory: similarity of keys, and the values of the most similar tokens; in float32 throughout.

    similarity(i, j) = - shrinkage_i / sqrt(C) * sum over c of selection_jc * (key_ic - query_jc)^2

for memory token i and query pixel j (Cheng and Schwing, XMem, ECCV 2022, eq. 2). The whole matrix is N x n; it is
made and used up in blocks of query pixels, which is exact, as pixels do not depend on each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from vmatte.nets.island import island

# Similarities held at a time: 32 MiB on a CPU, whose caches larger blocks would leave; 512 MiB on other devices.
CPU_BLOCK = 1 << 23
DEVICE_BLOCK = 1 << 27


def top_read(
    keys: Tensor,
    shrinkage: Tensor,
    values: Tensor,
    query: Tensor,
    selection: Tensor,
    top_k: int,
    count: bool,
) -> tuple[Tensor, Tensor | None]:
    """Values of the `top_k` most similar tokens, weighed by the softmax of their similarities.

    Args:
        keys: (N, C).
        shrinkage: (N, 1).
        values: (N, V).
        query: (n, C).
        selection: (n, C).
        top_k: At most; with fewer tokens, all are read.
        count: Whether to sum the weights of each token.

    Returns:
        (n, V) float32, and (N,) sums of weights if counted.
    """
    with island(query):
        table, used = values.float(), torch.zeros_like(shrinkage[:, 0]) if count else None
        readouts = []
        for scores in _blocks(keys, shrinkage, query, selection):
            best, which = scores.topk(min(top_k, keys.shape[0]), dim=1, sorted=False)
            weights = best.softmax(1)
            # Gathers and sums at once: the dense product would be two thirds of the whole search.
            readouts.append(F.embedding_bag(which, table, mode="sum", per_sample_weights=weights))
            if used is not None:
                used = used + scores.zero_().scatter_(1, which, weights).sum(0)
        return torch.cat(readouts), used


def full_read(keys: Tensor, shrinkage: Tensor, values: Tensor, query: Tensor, selection: Tensor) -> Tensor:
    """As `top_read`, with all tokens: (n, V) float32."""
    with island(query):
        return torch.cat([s.softmax(1) @ values.float() for s in _blocks(keys, shrinkage, query, selection)])


def similarity(keys: Tensor, shrinkage: Tensor, query: Tensor, selection: Tensor) -> Tensor:
    """(n, N) float32, never above 0 but for rounding; shapes as in `top_read`."""
    return _ask(query, selection) @ _offer(keys, shrinkage).T


def _blocks(keys: Tensor, shrinkage: Tensor, query: Tensor, selection: Tensor) -> Iterator[Tensor]:
    """Rows of the similarity matrix, as many at a time as memory allows."""
    offer = _offer(keys, shrinkage).T
    block = CPU_BLOCK if query.device.type == "cpu" else DEVICE_BLOCK
    for rows in torch.split(_ask(query, selection), max(block // keys.shape[0], 1)):
        yield rows @ offer


def _ask(query: Tensor, selection: Tensor) -> Tensor:
    """(n, 2C + 1): the square written out, so that similarity is one matrix product and nothing else."""
    return torch.cat([2 * selection * query, -selection, -(selection * query.square()).sum(1, keepdim=True)], 1)


def _offer(keys: Tensor, shrinkage: Tensor) -> Tensor:
    """(N, 2C + 1): the memory's side of that product."""
    scale = shrinkage / math.sqrt(keys.shape[1])
    return torch.cat([keys, keys.square(), torch.ones_like(shrinkage)], 1) * scale
