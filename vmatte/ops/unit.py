"""Pixels of any depth as floats in [0, 1]."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


def unit(image: NDArray[Any]) -> Float:
    """Integer codes divided by the highest one; floats pass as float32.

    `round(unit(x) * highest)` gives every code back, also at 16 bits: float32 holds 24.

    >>> import numpy as np
    >>> unit(np.array([0, 51, 255], np.uint8)).round(2).tolist()
    [0.0, 0.20000000298023224, 1.0]
    """
    if image.dtype.kind == "f":
        return image.astype(np.float32, copy=False)
    scaled: Float = np.multiply(image, np.float32(1 / np.iinfo(image.dtype).max), dtype=np.float32)
    return scaled


def floats(image: NDArray[Any]) -> Float:
    """The same array under its type: OpenCV promises less than it does.

    >>> import numpy as np
    >>> one = np.ones(1, np.float32)
    >>> floats(one) is one
    True
    """
    return np.asarray(image, np.float32)


def farthest(one: Float, other: Float) -> Float:
    """Largest difference of any channel, (H, W).

    >>> import numpy as np
    >>> farthest(np.zeros((1, 1, 3), np.float32), np.array([[[0.25, -0.5, 0]]], np.float32)).tolist()
    [[0.5]]
    """
    red, green, blue = cv2.split(cv2.absdiff(one, np.ascontiguousarray(other)))
    return floats(cv2.max(cv2.max(red, green), blue))


def box_of(mask: NDArray[np.bool_], pad: int = 0) -> tuple[slice, slice] | None:
    """The rows and columns that hold everything true in `mask`, and `pad` more on each side; None when nothing is.

    >>> import numpy as np
    >>> mask = np.zeros((9, 9), bool)
    >>> mask[4, 5] = True
    >>> box_of(mask, 2)
    (slice(2, 7, None), slice(3, 8, None))
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    height, width = mask.shape
    return (
        slice(max(0, int(rows[0]) - pad), min(height, int(rows[-1]) + 1 + pad)),
        slice(max(0, int(columns[0]) - pad), min(width, int(columns[-1]) + 1 + pad)),
    )
