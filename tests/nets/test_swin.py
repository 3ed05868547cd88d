"""Swin: positions, masks and sizes against their definitions, pixel by pixel."""

import pytest
import torch

from vmatte.nets.blocks.swin import Swin, WindowAttention, relative_positions


def test_a_bias_belongs_to_a_displacement():
    index = relative_positions(3)
    for a in range(9):
        for b in range(9):
            down, right = a // 3 - b // 3, a % 3 - b % 3
            assert index[a, b] == (down + 2) * 5 + right + 2


def plain_attention(attention: WindowAttention, x: torch.Tensor) -> torch.Tensor:
    """One (H, W, dim) map, token by token: who shares a window and a region of the unshifted map attends."""
    height, width, dim = x.shape
    w, s = attention.window, attention.shift
    rows, columns = -(-height // w) * w, -(-width // w) * w
    padded = torch.zeros(rows, columns, dim, dtype=x.dtype)
    padded[:height, :width] = x
    qkv = attention.qkv(padded).view(rows, columns, 3, attention.heads, 32)
    found = torch.zeros_like(padded)
    region = {(y, x): (y < s, x < s) for y in range(rows) for x in range(columns)}
    for y in range(rows):
        for x_ in range(columns):
            here = ((y - s) % rows, (x_ - s) % columns)
            logits, values = [], []
            for v in range(rows):
                for u in range(columns):
                    there = ((v - s) % rows, (u - s) % columns)
                    together = here[0] // w == there[0] // w and here[1] // w == there[1] // w
                    # What was rolled around shares a window with the far side, but is no neighbour.
                    if together and (not s or region[v, u] == region[y, x_]):
                        place = (here[0] % w - there[0] % w + w - 1) * (2 * w - 1) + here[1] % w - there[1] % w + w - 1
                        bias = attention.relative_position_bias_table[place]
                        logits.append((qkv[y, x_, 0] * qkv[v, u, 1]).sum(-1) / 32**0.5 + bias)
                        values.append(qkv[v, u, 2])
            shares = torch.stack(logits).softmax(0)
            found[y, x_] = (shares[..., None] * torch.stack(values)).sum(0).flatten()
    mixed: torch.Tensor = attention.proj(found)[:height, :width]
    return mixed


@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("size", [(6, 6), (5, 7), (2, 2), (3, 4)])
def test_attention_stays_in_its_window_and_region(shift, size):
    torch.manual_seed(0)
    attention = WindowAttention(64, 2, 3, shift).double()
    torch.nn.init.normal_(attention.relative_position_bias_table)
    x = torch.randn(*size, 64, dtype=torch.float64)
    with torch.inference_mode():
        assert (attention(x[None])[0] - plain_attention(attention, x)).abs().max() <= 1e-12


def test_sizes_round_up():
    net = Swin(32, (1, 1, 1, 1), (1, 2, 4, 8), 7)
    with torch.inference_mode():
        shapes = [tuple(found.shape) for found in net(torch.zeros(2, 3, 90, 61))]
    assert shapes == [(2, 32, 23, 16), (2, 64, 12, 8), (2, 128, 6, 4), (2, 256, 3, 2)]
