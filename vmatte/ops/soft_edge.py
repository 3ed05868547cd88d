"""Alpha and colour of soft pixels before a known background, from the solid colours around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha
from vmatte.ops.inpaint import inpainted
from vmatte.ops.unit import Float, floats

# Steps to where foreground colours are looked up, in pixels at 360 rows: here, four diagonals, four sides.
_NEAR, _FAR = 6, 16
_STEPS = [
    (0, 0),
    *((_NEAR * row, _NEAR * column) for row in (-1, 1) for column in (-1, 1)),
    *((_FAR * row, _FAR * column) for row, column in ((-1, 0), (1, 0), (0, -1), (0, 1))),
]
# How far off the line from background to foreground a pixel may lie (0.02 and 0.05 measure the same within 1 %),
# what a step to the far ring costs against that, and the least squared contrast that is divided by.
_OFF, _STEP_COST, _CONTRAST = 0.03, 0.5, 0.02
# Solid pixels count by their strength relative to the strongest within this radius, to this power: half-transparent
# ones that pass for solid hardly count.
_TOP, _POWER = 15, 6
# Pixels worked on at a time: what stays in the cache.
_CHUNK = 8192


def scale_of(image: NDArray[Any]) -> float:
    """Factor on distances given for 360 rows.

    Subjects grow with the picture, what a coder smears does not: from half as much again on it stays. Two drawn clips
    at 1080 rows: MSE 0.91 with a factor of 3, 0.88 with 2, 0.86 with 1.5.

    >>> import numpy as np
    >>> [scale_of(np.zeros((rows, 1))) for rows in (200, 450, 2160)]
    [1.0, 1.25, 1.5]
    """
    return min(max(1.0, float(image.shape[0]) / 360), 1.5)


@dataclass(frozen=True, slots=True, eq=False)
class Unmixed:
    """Answers for the pixels asked about, in the order of `np.flatnonzero(asked)`.

    Attributes:
        alpha: (N,) position between background and foreground, in [0, 1].
        colour: (N, 3) foreground, the mean of those that fit.
        fit: (N,) how well the mixture explains the pixel, in [0, 1].
    """

    alpha: Float
    colour: Float
    fit: Float


def solid_colours(image: Float, solid: NDArray[np.bool_], strength: Float, scale: float) -> Float:
    """The colour of the nearest solid foreground everywhere, at half size.

    Args:
        image: (H, W, 3) in [0, 1].
        solid: (H, W) pixels that are surely foreground and nothing else.
        strength: (H, W) how unlike the screen a pixel is.
        scale: Of distances, see `scale_of`.

    >>> import numpy as np
    >>> image = np.zeros((16, 16, 3), np.float32)
    >>> image[4:8, 4:8] = 0.5
    >>> solid = image[..., 0] > 0
    >>> solid_colours(image, solid, solid.astype(np.float32), 1.0).min().round(3).item()
    0.5
    """
    half = (max(1, image.shape[1] // 2), max(1, image.shape[0] // 2))
    if not solid.any():
        # Nothing is thick enough: the strongest there is.
        solid = strength >= 0.8 * max(float(strength.max()), 1e-3)
    strong = _shrunk(np.clip(strength, 0, 4), half)
    side = 2 * round(_TOP * scale / 2) + 1
    top = cv2.dilate(strong, np.ones((side, side), np.uint8))
    weight = np.clip(strong / np.maximum(top, np.float32(0.3)), 0.05, 1) ** _POWER * _shrunk(
        solid.astype(np.float32), half
    )
    return inpainted(_shrunk(image, half), np.minimum(weight * 3, 1))


def unmix(image: Float, screen: Float, colours: Float, asked: NDArray[np.bool_], scale: float) -> Unmixed:
    """Position of each asked pixel on the line from the screen to a nearby foreground colour.

    Of nine colours around it those count that explain the pixel: weight exp(-distance^2 from the line / (2 off^2)).

    Args:
        image: (H, W, 3) in [0, 1].
        screen: (H, W, 3) background.
        colours: From `solid_colours`.
        asked: (H, W).
        scale: Of distances, see `scale_of`.

    >>> import numpy as np
    >>> screen, front = np.zeros((8, 8, 3), np.float32), np.full((4, 4, 3), 0.8, np.float32)
    >>> unmix(screen + 0.2, screen, front, np.ones((8, 8), bool), 1.0).alpha[0].round(2).item()
    0.25
    """
    here = np.flatnonzero(asked)
    plane = (image.reshape(-1, 3), screen.reshape(-1, 3), colours.transpose(2, 0, 1).reshape(3, -1))
    answer = np.empty((5, here.size), np.float32)
    for start in range(0, here.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        rows, columns = np.divmod(here[part], asked.shape[1])
        behind = plane[1][here[part]].T.copy()
        away = plane[0][here[part]].T - behind
        answer[:, part] = _explained(away, behind, plane[2], _places(rows, columns, colours.shape, scale))
    return Unmixed(answer[0], answer[1:4].T, answer[4])


def _places(
    rows: NDArray[np.intp], columns: NDArray[np.intp], shape: tuple[int, ...], scale: float
) -> Iterator[tuple[NDArray[np.intp], float]]:
    """Flat position in the half-size colours, and weight, of each place to look."""
    for down, right in _STEPS:
        row = np.clip((rows + round(down * scale)) // 2, 0, shape[0] - 1)
        column = np.clip((columns + round(right * scale)) // 2, 0, shape[1] - 1)
        yield row * shape[1] + column, float(np.exp(-_STEP_COST * (down * down + right * right) / _FAR**2))


def _explained(away: Float, behind: Float, colours: Float, places: Iterator[tuple[NDArray[np.intp], float]]) -> Float:
    """Rows of the answer: alpha, three of colour, fit. Everything is (3, N) or (N,)."""
    count = away.shape[1]
    total, best = np.full(count, 1e-12, np.float32), np.zeros(count, np.float32)
    position, front = np.zeros(count, np.float32), np.zeros((3, count), np.float32)
    for place, worth in places:
        colour = colours[:, place]
        line = colour - behind
        at = _dot(away, line) / np.maximum(_dot(line, line), np.float32(_CONTRAST))
        np.clip(at, 0, 1, out=at)
        off = away - at * line
        fit = np.exp(_dot(off, off) * np.float32(-0.5 / _OFF**2))
        # Where nothing fits, the mean of all.
        weight = fit * np.float32(worth) + np.float32(1e-9)
        np.maximum(best, fit, out=best)
        total += weight
        position += weight * at
        front += weight * colour
    return np.concatenate([(position / total)[None], front / total, best[None]])


def _dot(one: Float, other: Float) -> Float:
    product: Float = one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
    return product


def settled_colour(image: Float, alpha: Float, screen: Float, front: Float) -> Float:
    """Straight foreground of soft pixels: `front`, plus what it leaves unexplained of I = alpha F + (1 - alpha) S.

    Above alpha 0.5 the correction is whole (F = (I - (1 - alpha) S) / alpha); below it fades with alpha, for there the
    quotient is mostly noise.

    Args:
        image: (N, 3) in [0, 1].
        alpha: (N,).
        screen: (N, 3).
        front: (N, 3) what the foreground should look like.

    >>> import numpy as np
    >>> one = np.ones((1, 3), np.float32)
    >>> settled_colour(0.75 * one, np.full(1, 0.75, np.float32), 0 * one, 0.2 * one).round(3).tolist()
    [[1.0, 1.0, 1.0]]
    """
    cover = alpha[:, None]
    left = image - cover * front - (1 - cover) * screen
    gain = np.where(cover > 0.5, 1 / np.maximum(cover, np.float32(0.5)), 4 * cover)
    colour: Float = np.clip(front + gain * left, 0, 1)
    return colour


def _shrunk(plane: Float, size: tuple[int, int]) -> Float:
    return floats(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))


def depth(alpha: Alpha, level: float) -> Float:
    """Distance in pixels to the nearest alpha of `level` or less; where there is none, the frame's diagonal.

    >>> import numpy as np
    >>> depth(np.array([[0, 1, 1, 1]], np.float32), 0.5).round(1).tolist()
    [[0.0, 1.0, 1.899999976158142, 2.9000000953674316]]
    """
    inside = (alpha > level).astype(np.uint8)
    if inside.all():
        return np.full(alpha.shape, np.hypot(*alpha.shape), np.float32)
    return floats(cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_3))
