"""One picture over another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.colour import unit as top_of
from vmatte.core.light import from_linear, linear_table
from vmatte.core.types import Alpha, Image


def composited(front: Image, alpha: Alpha, back: Image, transfer: int | None = None) -> Image:
    """`alpha front + (1 - alpha) back`; where alpha is 0 or 1, one of the two to the code.

    Args:
        front: (H, W, 3) straight colours, uint8 or uint16.
        alpha: (H, W) in [0, 1].
        back: Like `front`.
        transfer: H.273 code point of the codes, for a sum of light, as lenses make it; None sums codes, as editors do.

    >>> front, back = np.full((1, 1, 3), 200, np.uint8), np.zeros((1, 1, 3), np.uint8)
    >>> half = np.full((1, 1), 0.5, np.float32)
    >>> composited(front, half, back)[0, 0, 0].item(), composited(front, half, back, 8)[0, 0, 0].item()
    (100, 100)
    >>> composited(front, half, back, 13)[0, 0, 0].item()
    146
    """
    result = np.where((alpha >= 1)[..., None], front, back)
    soft = (alpha > 0) & (alpha < 1)
    share, top = alpha[soft][:, None], np.float32(top_of(front))
    if transfer is None:
        mixed: NDArray[Any] = back[soft] + share * (front[soft].astype(np.float32) - back[soft])
    else:
        table = linear_table(transfer, 8 * front.dtype.itemsize)
        light = table[back[soft]] + share * (table[front[soft]] - table[back[soft]])
        mixed = from_linear(light.astype(np.float64), transfer) * top
    result[soft] = np.rint(np.clip(mixed, 0, top)).astype(front.dtype)
    return result


def behind(image: NDArray[Any], front: Image, alpha: Alpha) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What is behind a subject where it can be seen through, and how far to believe it.

    Solves `image = alpha front + (1 - alpha) back` for `back`; its error grows with `1 / (1 - alpha)`, so the weight is
    the square of `1 - 2 alpha`, and nothing from half alpha on, where the subject would shine through.

    Args:
        image: (H, W, 3) the picture.
        front: (H, W, 3) straight colours of the subject, in the codes of `image`.
        alpha: (H, W) in [0, 1].

    Returns:
        (H, W, 3) colours in the codes of `image`, and (H, W) weights in [0, 1].

    >>> image, front = np.full((1, 1, 3), 50, np.uint8), np.full((1, 1, 3), 100, np.uint8)
    >>> back, weight = behind(image, front, np.full((1, 1), 0.25, np.float32))
    >>> round(float(back[0, 0, 0]), 2), float(weight[0, 0])
    (33.33, 0.25)
    """
    clear = np.clip(1 - alpha, 0, 1)
    rest = image.astype(np.float32) - alpha[..., None] * front
    rest /= np.maximum(clear, np.float32(1e-3))[..., None]
    return np.clip(rest, 0, np.float32(top_of(front))), np.square(np.maximum(2 * clear - 1, 0))
