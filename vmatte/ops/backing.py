"""The screen behind the subject: its local colour, learnt where it shows and continued where it does not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.ops.despill import difference
from vmatte.ops.inpaint import inpainted
from vmatte.ops.unit import Float, farthest, floats

# Of the new picture, per frame; the rest stays.
_NEW = 0.2
# Sure screen pixels: key difference against the screen's, at first and once a local model exists, and distance to it.
_FIRST, _LATER, _NEAR = 0.8, 0.9, 0.10
# A plain backdrop has no key difference to go by: nearer.
_PLAIN_FIRST, _PLAIN_NEAR = 0.08, 0.06
# Rounds in which the first model reaches into corners that are lit otherwise.
_ROUNDS = 3
_MAD = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class Backing:
    """A screen as a value; `followed` returns the next one.

    Attributes:
        colour: (3,) its overall colour, display RGB in [0, 1].
        channel: Key channel of a saturated screen, None for a plain backdrop.
        plate: (h, w, 3) local colour on a coarse grid; None before the first frame.
        noise: Standard deviation of screen pixels: of 1 - key difference / screen's, or of the colour of a plain one.
        share: Share of the last frame that was surely screen.
    """

    colour: Float
    channel: int | None
    plate: Float | None = None
    noise: float = 0.0
    share: float = 0.0


def followed(backing: Backing, image: Float) -> Backing:
    """`backing` after one more frame.

    Args:
        backing: As far as known.
        image: (H, W, 3) in [0, 1].

    >>> import numpy as np
    >>> green = np.array([0.1, 0.7, 0.2], np.float32)
    >>> frame = np.tile(green, (64, 64, 1))
    >>> frame[20:40, 20:40] = 0.9
    >>> known = followed(Backing(green, 1), frame)
    >>> bool(abs(known.plate - green).max() < 0.01)
    True
    """
    small = floats(cv2.resize(image, _grid(image), interpolation=cv2.INTER_AREA))
    plate, sure = backing.plate, np.zeros(small.shape[:2], bool)
    for _ in range(1 if plate is not None else _ROUNDS):
        sure = _sure(small, backing, plate)
        if not sure.any():
            break
        seen = floats(cv2.GaussianBlur(inpainted(small, sure.astype(np.float32)), (0, 0), 1.5))
        plate = seen if backing.plate is None else backing.plate + np.float32(_NEW) * (seen - backing.plate)
    if plate is None:
        plate = floats(np.broadcast_to(backing.colour, small.shape).copy())
    noise = _noise(image, small.shape[:2], plate, sure, backing.channel)
    if noise is None:
        return replace(backing, plate=plate, share=float(sure.mean()))
    smoothed = noise if backing.plate is None else backing.noise + _NEW * (noise - backing.noise)
    return replace(backing, plate=plate, noise=smoothed, share=float(sure.mean()))


def spread(plate: Float, shape: tuple[int, ...]) -> Float:
    """The plate at full size.

    >>> import numpy as np
    >>> spread(np.full((2, 2, 3), 0.5, np.float32), (4, 6)).shape
    (4, 6, 3)
    """
    return floats(cv2.resize(plate, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))


def rooted(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The parts of `mask` that reach the border of the frame, diagonal steps not counted.

    >>> import numpy as np
    >>> rooted(np.array([[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]], bool)).astype(int).tolist()
    [[1, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
    """
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    outer = np.zeros(count, bool)
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        outer[side] = True
    outer[0] = False
    kept: NDArray[np.bool_] = outer[labels]
    return kept


def _grid(image: Float) -> tuple[int, int]:
    """A quarter of the size, an eighth above 400 rows."""
    height, width = image.shape[:2]
    step = 4 if height <= 400 else 8
    return max(1, width // step), max(1, height // step)


def _sure(small: Float, backing: Backing, plate: Float | None) -> NDArray[np.bool_]:
    """Coarse pixels that are screen and nothing else."""
    if backing.channel is None:
        about, reach = (backing.colour, _PLAIN_FIRST) if plate is None else (plate, _PLAIN_NEAR)
        found = rooted(farthest(small, np.broadcast_to(about, small.shape)) < reach)
    else:
        key = difference(small, backing.channel)
        if plate is None:
            usual = float(difference(backing.colour[None, None], backing.channel)[0, 0])
            found = (key > _FIRST * usual) & (key < 1.5 * usual)
        else:
            found = (key > _LATER * difference(plate, backing.channel)) & (farthest(small, plate) < _NEAR)
    eroded = cv2.erode(found.view(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_)
    # On a very small frame nothing may be left.
    return eroded if eroded.any() else found


def _noise(
    image: Float, grid: tuple[int, int], plate: Float, sure: NDArray[np.bool_], channel: int | None
) -> float | None:
    """Robust scatter of one full-size pixel in each sure cell of the grid; None when there are too few to tell."""
    if np.count_nonzero(sure) < 50:
        return None
    rows = ((np.arange(grid[0]) + 0.5) * image.shape[0] / grid[0]).astype(np.intp)
    columns = ((np.arange(grid[1]) + 0.5) * image.shape[1] / grid[1]).astype(np.intp)
    picked = image[rows][:, columns]
    if channel is None:
        return _MAD * float(np.median(farthest(picked, plate)[sure]))
    off = 1 - difference(picked, channel)[sure] / np.maximum(difference(plate, channel)[sure], 1e-3)
    return _MAD * float(np.median(np.abs(off - np.median(off))))
