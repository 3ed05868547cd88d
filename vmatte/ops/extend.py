"""Foreground colour carried a few pixels past the edge, and black beyond: what lossy codecs want under alpha 0."""

from __future__ import annotations

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha
from vmatte.ops.unit import box_of

Pixels = TypeVar("Pixels", bound=NDArray[Any])

# Below this a straight colour is a small difference divided by a small number: not one to spread.
_TRUSTED = 0.1


def extended(colour: Pixels, alpha: Alpha, radius: int) -> Pixels:
    """`colour` unchanged where alpha is above 0, carried outward for `radius` pixels, and 0 beyond.

    A codec rings at the border of what it stores. A short run of the subject's own colour keeps that ringing out of the
    composite at the cost of hardly any bytes.

    Args:
        colour: (H, W, 3) straight foreground, uint8, uint16 or float32.
        alpha: (H, W) in [0, 1].
        radius: How far, in pixels; 0 only blackens what cannot be seen.

    Returns:
        A new array of the same dtype. New pixels have the colour of the nearest one with alpha of at least 0.1,
        or of the nearest visible one when there is none.

    >>> import numpy as np
    >>> row = np.array([[0, 0, 0, 0, 1, 1]], np.float32)
    >>> extended(np.full((1, 6, 3), 9, np.uint8), row, 2)[0, :, 0].tolist()
    [0, 0, 9, 9, 9, 9]
    """
    seen = (alpha > 0).astype(np.uint8)
    result = cv2.copyTo(np.ascontiguousarray(colour), seen)
    box = box_of(seen.view(np.bool_), radius + 1)
    if box is None or radius < 1:
        return result  # type: ignore[return-value]
    side = 2 * radius + 1
    grown = cv2.dilate(seen[box], cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    ring = np.nonzero(grown > seen[box])
    if ring[0].size:
        rows, columns = _nearest(alpha[box], ring)
        result[box][ring] = result[box][rows, columns]
    return result  # type: ignore[return-value]


def _nearest(alpha: Alpha, asked: tuple[NDArray[np.intp], ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of the nearest pixel that has a colour worth taking, for each pixel asked about."""
    trusted = (alpha >= _TRUSTED).astype(np.uint8)
    if not trusted.any():
        trusted = (alpha > 0).astype(np.uint8)
    # The nearest one always lies on the rim.
    source = trusted > cv2.erode(trusted, np.ones((3, 3), np.uint8))
    if not source.any():
        source = trusted > 0
    _, label = cv2.distanceTransformWithLabels(
        (~source).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(source)
    order = np.empty((2, int(label.max()) + 1), np.intp)
    order[:, label[source]] = rows, columns
    found = order[:, label[asked]]
    return found[0], found[1]
