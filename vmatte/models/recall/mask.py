"""The user's mask, checked and brought to the working size."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError
from vmatte.models.recall.ruler import Ruler
from vmatte.ops.morphology import Mask, erode, signed_distance

Floats = NDArray[np.float32]

#: At and above this a mask's pixel is subject.
SUBJECT = 128
#: Mean width, px of the mask, of a soft edge that makes a mask a matte; antialiasing stays under 2.
MATTE_EDGE = 3


class Outline(NamedTuple):
    """A mask at the working size.

    Attributes:
        depth: (h, w) px to its edge, positive inside.
        prior: (h, w) in [0, 1] how likely the subject covers each pixel.
        sure: (h, w) surely subject.
        away: (h, w) surely background.
    """

    depth: Floats
    prior: Floats
    sure: Mask
    away: Mask


def check(mask: NDArray[np.uint8], size: tuple[int, ...], frame: int | None = None) -> None:
    """Refuses a mask that cannot belong to a frame of `size` (height, width).

    Raises:
        HintError: It has another size, or nothing in it.
    """
    name = "mask" if frame is None else f"mask of frame {frame}"
    if mask.shape != size:
        given, wanted = ("x".join(str(n) for n in reversed(shape)) for shape in (mask.shape, size))
        raise HintError(f"{name} is {given}, the frame {wanted}: give a mask of the frame's size")
    if not (mask >= SUBJECT).any():
        raise HintError(f"{name} is empty: paint the subject white (values of {SUBJECT} and above count)")


def outline(mask: NDArray[np.uint8], size: tuple[int, int], ruler: Ruler) -> Outline:
    """Shrinks a mask and marks what it says for sure; a soft mask's own edge is believed."""
    small: Floats = cv2.resize(mask, size[::-1], interpolation=cv2.INTER_AREA) * np.float32(1 / 255)
    # A subject thinner than a working pixel must not vanish.
    inside = small >= min(SUBJECT / 255, float(small.max()))
    depth = signed_distance(inside)
    prior = 1 / (1 + np.exp(np.clip(-depth / np.float32(ruler.px(1)), -60, 60)))
    sure = depth > min(0.8 * ruler.edge, max(2, 0.25 * float(depth.max())))
    away = depth < -1.6 * ruler.edge
    if _is_matte(mask):
        prior = small
        sure, away = sure & (small > 0.95), away & (small < 0.05)
    return Outline(depth, prior, sure if sure.any() else inside, away if away.any() else ~inside)


def _is_matte(mask: NDArray[np.uint8]) -> bool:
    inside = mask >= SUBJECT
    edge = inside & ~erode(inside, 1)
    soft = (mask > 25) & (mask < 230)
    return bool(soft.sum() > MATTE_EDGE * max(1, int(edge.sum())))
