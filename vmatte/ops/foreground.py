"""Foreground colour from a picture and its alpha: what the subject looks like without what is behind it.

Both methods solve I = alpha F + (1 - alpha) B in the soft pixels only. Where alpha is 0 or 1 the answer is the picture.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha
from vmatte.ops.unit import Float, box_of, unit

# Alpha closer than this to 0 or 1 is 0 or 1 when stored: half a code of the 10 bits that ProRes 4444 keeps.
HARD = 0.5 / 1023

# Germer et al. 2020, section 4: regularisation, weight of the alpha gradient, sweeps on small and on large levels.
# Jacobi sweeps spread slower than their Gauss-Seidel ones, so up to _SMALL pixels a side they stay at ten.
_EPSILON, _OMEGA = 1e-5, 1.0
_SMALL, _MANY, _FEW = 64, 10, 2

# Context that both methods see around the subject, in pixels, and the radii of Forte 2021.
_PAD = 48
_WIDE, _NARROW = 90, 6


def soft(alpha: Alpha) -> NDArray[np.bool_]:
    """Where alpha is neither 0 nor 1 once stored.

    >>> import numpy as np
    >>> soft(np.array([[0.0, 0.0001, 0.5, 0.9999, 1.0]], np.float32)).tolist()
    [[False, False, True, False, False]]
    """
    found: NDArray[np.bool_] = (alpha > HARD) & (alpha < 1 - HARD)
    return found


def multilevel_foreground(image: NDArray[Any], alpha: Alpha) -> Float:
    """Straight foreground colour by sweeps from coarse to fine.

    At each level every soft pixel moves to the minimum of `(I - alpha F - (1 - alpha) B)^2` plus, over its 4
    neighbours, the sum of `(epsilon + omega |alpha - alpha'|) ((F - F')^2 + (B - B')^2)`, the neighbours held
    (Jacobi), so a whole level is one array operation. Germer et al. 2020, "Fast Multi-Level Foreground Estimation".

    Args:
        image: (H, W, 3), any depth.
        alpha: (H, W) in [0, 1].

    Returns:
        (H, W, 3) in [0, 1]; `image` itself wherever `soft(alpha)` is false.

    >>> import numpy as np
    >>> alpha = np.tile(np.linspace(0, 1, 16, dtype=np.float32), (16, 1))
    >>> red, blue = np.array([0.9, 0.1, 0.1], np.float32), np.array([0.1, 0.1, 0.9], np.float32)
    >>> image = alpha[..., None] * red + (1 - alpha[..., None]) * blue
    >>> bool(abs(multilevel_foreground(image, alpha)[:, 4] - red).max() < 0.1)
    True
    """
    colour = unit(image)
    box = box_of(soft(alpha), _PAD)
    if box is None:
        return colour
    return _placed(colour, alpha, box, _multilevel(*_cut(box, colour, alpha)))


def blur_foreground(image: NDArray[Any], alpha: Alpha) -> Float:
    """Straight foreground colour from two blurs, the fast way.

    Local means of foreground and background, then what of the picture they leave unexplained goes to F with weight
    alpha; once at radius 90 and again, from that, at radius 6. Forte 2021, "Approximate Fast Foreground Colour
    Estimation".

    Args:
        image: (H, W, 3), any depth.
        alpha: (H, W) in [0, 1].

    Returns:
        (H, W, 3) in [0, 1]; `image` itself wherever `soft(alpha)` is false.

    >>> import numpy as np
    >>> alpha = np.tile(np.linspace(-1, 2, 48, dtype=np.float32).clip(0, 1), (16, 1))
    >>> red, blue = np.array([0.9, 0.1, 0.1], np.float32), np.array([0.1, 0.1, 0.9], np.float32)
    >>> image = alpha[..., None] * red + (1 - alpha[..., None]) * blue
    >>> bool(abs(blur_foreground(image, alpha)[:, 24] - red).max() < 0.1)
    True
    """
    colour = unit(image)
    box = box_of(soft(alpha), _PAD)
    if box is None:
        return colour
    return _placed(colour, alpha, box, _blurred(*_cut(box, colour, alpha)))


def _cut(box: tuple[slice, slice], colour: Float, alpha: Alpha) -> tuple[Float, Alpha]:
    return np.ascontiguousarray(colour[box]), np.ascontiguousarray(alpha[box])


def _placed(colour: Float, alpha: Alpha, box: tuple[slice, slice], solved: Float) -> Float:
    """`colour` with its soft pixels taken from `solved`, which covers `box`."""
    result = colour.copy()
    inside = np.flatnonzero(soft(alpha[box]))
    window = colour[box].copy()
    window.reshape(-1, 3)[inside] = solved.reshape(-1, 3)[inside]
    result[box] = window
    return result


def _pyramid(colour: Float, alpha: Alpha) -> list[tuple[Float, Alpha]]:
    """Halved again and again by area, coarsest first."""
    levels = [(colour, alpha)]
    while max(alpha.shape) > 1:
        size = ((alpha.shape[1] + 1) // 2, (alpha.shape[0] + 1) // 2)
        colour, alpha = (_resized(plane, size) for plane in (colour, alpha))
        levels.append((colour, alpha))
    return levels[::-1]


def _resized(plane: Float, size: tuple[int, int]) -> Float:
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _multilevel(colour: Float, alpha: Alpha) -> Float:
    """Planes 0-2 of `both` are F, 3-5 B: one gather serves the two."""
    both = np.concatenate([_mean(colour, alpha), _mean(colour, 1 - alpha)])[:, None, None]
    for picture, cover in _pyramid(colour, alpha):
        height, width = cover.shape
        both = np.stack([cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) for plane in both])
        _sweep(both, picture, cover, _MANY if max(height, width) <= _SMALL else _FEW)
    front: Float = cv2.merge(list(both[:3])).astype(np.float32, copy=False)
    return front


def _mean(colour: Float, weight: Float) -> Float:
    total = float(weight.sum())
    mean: Float = np.tensordot(weight, colour, 2).astype(np.float32) / np.float32(max(total, 1e-6))
    return mean


def _sweep(both: Float, picture: Float, cover: Alpha, times: int) -> None:
    """Relaxes `both` in place on the soft pixels; where one of the two is plain to see, it is the picture."""
    for planes, sure in ((both[:3], cover >= 1 - HARD), (both[3:], cover <= HARD)):
        for plane, channel in zip(planes, cv2.split(picture), strict=True):
            np.copyto(plane, channel, where=sure)
    here = np.flatnonzero(soft(cover))
    around = _neighbours(here, cover.shape)
    flat, alphas = both.reshape(6, -1), cover.reshape(-1)
    front, seen = alphas[here], picture.reshape(-1, 3)[here].T.copy()
    weights = [_EPSILON + _OMEGA * np.abs(front - alphas[there]) for there in around]
    total = weights[0] + weights[1] + weights[2] + weights[3]
    shares = [weight / total for weight in weights]
    back = 1 - front
    pull = 1 / (front * front + back * back + total)
    for _ in range(times):
        mean = shares[0] * flat[:, around[0]]
        for share, there in zip(shares[1:], around[1:], strict=True):
            mean += share * flat[:, there]
        left = (seen - front * mean[:3] - back * mean[3:]) * pull
        mean[:3] += front * left
        mean[3:] += back * left
        flat[:, here] = np.clip(mean, 0, 1, out=mean)


def _neighbours(here: NDArray[np.intp], shape: tuple[int, int]) -> list[NDArray[np.intp]]:
    """Flat positions above, below, left and right of `here`, held inside the frame."""
    height, width = shape
    row, column = np.divmod(here, width)
    return [
        np.where(row > 0, here - width, here),
        np.where(row < height - 1, here + width, here),
        np.where(column > 0, here - 1, here),
        np.where(column < width - 1, here + 1, here),
    ]


def _blurred(colour: Float, alpha: Alpha) -> Float:
    inside = np.flatnonzero(soft(alpha))
    cover, seen = alpha.reshape(-1)[inside, None], colour.reshape(-1, 3)[inside]
    front = back = colour
    for radius in (_WIDE, _NARROW):
        near, back = _local(front, alpha, radius), _local(back, 1 - alpha, radius)
        here, behind = near.reshape(-1, 3)[inside], back.reshape(-1, 3)[inside]
        front = colour.copy()
        front.reshape(-1, 3)[inside] = np.clip(here + cover * (seen - cover * here - (1 - cover) * behind), 0, 1)
    return front


def _local(colour: Float, weight: Float, radius: int) -> Float:
    """Weighted mean in a square; the wide one on a quarter of the rows, where nobody can see the difference."""
    height, width = weight.shape
    weighted: Float = cv2.multiply(colour, cv2.merge([weight] * 3)).astype(np.float32, copy=False)
    small = radius > _NARROW and min(height, width) >= 8
    if small:
        size = (width // 4, height // 4)
        weighted, weight, radius = _resized(weighted, size), _resized(weight, size), radius // 4
    side = (2 * radius + 1, 2 * radius + 1)
    above = cv2.blur(weighted, side, borderType=cv2.BORDER_REPLICATE)
    # The floor keeps what is far from every sample at zero, where nothing asks for it.
    below = np.maximum(cv2.blur(weight, side, borderType=cv2.BORDER_REPLICATE), np.float32(1e-5))
    mean = cv2.divide(above, cv2.merge([below] * 3))
    if small:
        mean = cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)
    return mean.astype(np.float32, copy=False)
