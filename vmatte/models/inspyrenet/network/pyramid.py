"""The image pyramid: logits at one scale and what the next finer one adds to them; and two pyramids blended.

Burt and Adelson, The Laplacian Pyramid as a Compact Image Code, IEEE Transactions on Communications 1983.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from vmatte.models.inspyrenet.network.block import resized

# Taps on either side of the middle, and the deviation in px.
_REACH, _SIGMA = 3, 1.0
# Widths of the ellipses' rows, top to bottom, by their number: OpenCV's ellipses of these sizes.
_ELLIPSES = {
    5: (1, 5, 5, 5, 1),
    9: (1, 7, 7, 9, 9, 9, 7, 7, 1),
    17: (1, 9, 11, 13, 15, 15, 17, 17, 17, 17, 17, 15, 15, 13, 11, 9, 1),
}
# How far the subject's probability must change within the ellipse for the sharper pass to count.
_EDGE = 0.5


def expanded(logits: Tensor) -> Tensor:
    """(B, 1, h, w) at twice the size: values at even places, smoothed; borders are mirrored without their edge."""
    batch, _, height, width = logits.shape
    spread = logits.new_zeros(batch, 1, 2 * height, 2 * width)
    spread[:, :, ::2, ::2] = logits
    # Three of four places are empty.
    return F.conv2d(F.pad(spread, (_REACH,) * 4, mode="reflect"), 4 * _gaussian(logits))


def _gaussian(like: Tensor) -> Tensor:
    """(1, 1, 7, 7), sum 1."""
    places = torch.arange(-_REACH, _REACH + 1, dtype=torch.float64)
    taps = torch.exp(-(places**2) / (2 * _SIGMA**2))
    taps = taps / taps.sum()
    return torch.outer(taps, taps).to(like.device, like.dtype)[None, None]


def blended(coarse: Tensor, residuals: Sequence[Tensor]) -> Tensor:
    """Logits of one pass, made sharper by what another pass, of a larger picture, adds near edges.

    Args:
        coarse: (B, 1, ...) final logits of the pass that sees the frame small.
        residuals: What the other one adds at a fourth, a half and the whole of its size, (B, 1, H/4, W/4) first.

    Returns:
        (B, 1, H, W) logits.
    """
    first = residuals[0].shape
    d = resized(coarse, (first[2] // 2, first[3] // 2))
    for side, residual in zip(_ELLIPSES, residuals, strict=True):
        d = expanded(d) + resized(edges(d.sigmoid(), side), (residual.shape[2], residual.shape[3])) * residual
    return d


def edges(alpha: Tensor, side: int) -> Tensor:
    """1 where (B, 1, h, w) values change by more than half within an ellipse, 0 elsewhere."""
    return (highest(alpha, side) + highest(-alpha, side) > _EDGE).to(alpha.dtype)


def highest(x: Tensor, side: int) -> Tensor:
    """The largest value within an ellipse around each place; what lies outside the map is ignored."""
    rows = _ELLIPSES[side]
    reach, height = side // 2, x.shape[2]
    wide = {width: F.max_pool2d(x, (1, width), 1, (0, width // 2)) for width in set(rows)}
    padded = {width: F.pad(row, (0, 0, reach, reach), value=float("-inf")) for width, row in wide.items()}
    found = padded[rows[0]][:, :, :height]
    for offset, width in enumerate(rows):
        found = torch.maximum(found, padded[width][:, :, offset : offset + height])
    return found
