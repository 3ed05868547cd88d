"""How a matte moves from one frame to another: two predictions, for the flow at a matte's edge is ambiguous.

An edge pixel shows two layers and optical flow follows either. A matte moves with its foreground, so besides the flow
as found there is a second one that carries the motion of the solid interior outward.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.ops.unit import box_of, floats
from vmatte.ops.warp import fetched, warp
from vmatte.ops.wide_blur import wide_blur

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Spread of the ladder of Gaussians that carries the interior's motion outward, px, and the blurred weight to trust.
SIGMAS = (3.0, 6.0, 12.0, 24.0)
TRUSTED = 0.05
# From what sigma on thin matrices are faster than taps, and the raster of the boxes that they are made for, px.
_WIDE, _RASTER = 10.0, 32
# What counts as solid.
SOLID = 0.95

# Forward-backward check: Sundaram, Brox, Keutzer, Dense Point Trajectories by GPU-accelerated Large Displacement
# Optical Flow, ECCV 2010.
_RELATIVE, _ABSOLUTE = 0.01, 0.5


class Predicted(NamedTuple):
    """A map as it should look in the frame that the flow starts from.

    Attributes:
        value: (H, W) float32.
        valid: (H, W) where it may be believed.
    """

    value: Floats
    valid: Mask


def inside(flow: Floats) -> Mask:
    """Where a flow ends within the frame.

    >>> inside(np.full((1, 3, 2), (1, 0), np.float32)).tolist()
    [[True, True, False]]
    """
    return _within(*_ends(*cv2.split(flow)))


def checked(there: Floats, back: Floats) -> Mask:
    """Where `there` followed by `back` returns to its start, |f + w|^2 <= 0.01 (|f|^2 + |w|^2) + 0.5, in the frame.

    >>> still = np.zeros((2, 2, 2), np.float32)
    >>> bool(checked(still, still).all()), bool(checked(still, still + 2).any())
    (True, False)
    """
    # In planes: several times as fast as sums over the short axis.
    x, y = (floats(plane) for plane in cv2.split(there))
    ends = _ends(x, y)
    back_x, back_y = (floats(plane) for plane in cv2.split(fetched(back, *ends)))
    most = _squared(x, y) + _squared(back_x, back_y)
    most *= np.float32(_RELATIVE)
    most += np.float32(_ABSOLUTE)
    return (_squared(x + back_x, y + back_y) <= most) & _within(*ends)


def solid(alpha: Floats) -> Mask:
    """The interior of a matte, a pixel away from anything soft.

    >>> int(solid(np.ones((3, 3), np.float32)).sum())
    9
    """
    core = (alpha > SOLID).astype(np.uint8)
    return cast("Mask", cv2.erode(core, np.ones((3, 3), np.uint8)).view(np.bool_))


def outward(flow: Floats, interior: Mask, sigmas: tuple[float, ...] = SIGMAS) -> Floats:
    """The interior's flow carried outward: normalised blurs, each pixel taking the narrowest that reaches it.

    Args:
        flow: (H, W, 2) px.
        interior: (H, W) where the flow is the foreground's own and believed.
        sigmas: Of the Gaussians, px, ascending.

    Returns:
        (H, W, 2); `flow` itself where nothing reaches.

    >>> flow = np.zeros((9, 9, 2), np.float32)
    >>> flow[:, :4] = 1
    >>> mask = np.zeros((9, 9), bool)
    >>> mask[:, :4] = True
    >>> outward(flow, mask)[4, 7].round(3).tolist()
    [1.0, 1.0]
    """
    # Blurs cut off at four sigma reach nothing beyond.
    box = box_of(interior, int(4 * sigmas[-1]) + 4)
    carried = flow.copy()
    if box is None:
        return carried
    box = _rounded(box, interior.shape)
    weights = interior[box].astype(np.float32)
    planes = [floats(plane) for plane in cv2.split(carried[box])]
    heavy = [*(plane * weights for plane in planes), weights]
    missing = np.ones(weights.shape, np.bool_)
    for sigma in sigmas:
        *spread, weight = _blurred(heavy, sigma)
        reached = missing & (weight > TRUSTED)
        for plane, found in zip(planes, spread, strict=True):
            np.divide(found, weight, out=plane, where=reached)
        missing &= ~reached
    carried[box] = cv2.merge(planes)
    return carried


def _blurred(planes: Sequence[Floats], sigma: float) -> list[Floats]:
    if sigma >= _WIDE:
        return [wide_blur(plane, sigma) for plane in planes]
    return [floats(plane) for plane in cv2.split(cv2.GaussianBlur(cv2.merge(planes), (0, 0), sigma))]


def _rounded(box: tuple[slice, slice], size: tuple[int, ...]) -> tuple[slice, slice]:
    """A box grown to a coarse raster, so that from frame to frame it keeps its size."""
    rows, columns = (
        slice(each.start // _RASTER * _RASTER, min(most, -(-each.stop // _RASTER) * _RASTER))
        for each, most in zip(box, size, strict=True)
    )
    return rows, columns


def predictions(alpha: Floats, flow: Floats, carried: Floats, valid: Mask) -> tuple[Predicted, Predicted]:
    """Another frame's matte brought here, by the flow as found and by the interior's.

    Args:
        alpha: (H, W) of the other frame.
        flow: (H, W, 2) from here to there.
        carried: `outward` of it.
        valid: Where `flow` may be believed.

    >>> still = np.zeros((2, 2, 2), np.float32)
    >>> one, two = predictions(np.ones((2, 2), np.float32), still, still, np.ones((2, 2), bool))
    >>> float(one.value.min()), bool(two.valid.all())
    (1.0, True)
    """
    ends = _ends(*cv2.split(carried))
    return Predicted(warp(alpha, flow), valid), Predicted(fetched(alpha, *ends), _within(*ends))


def _ends(x: NDArray[Any], y: NDArray[Any]) -> tuple[Floats, Floats]:
    """Where a flow ends, as two (H, W) planes."""
    height, width = x.shape
    columns, rows = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    return floats(x + columns), floats(y + rows)


def _within(x: Floats, y: Floats) -> Mask:
    """Which places are in a frame of the planes' own size."""
    height, width = x.shape
    return cast("Mask", (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1))


def _squared(x: Floats, y: Floats) -> Floats:
    """Squared length, (H, W)."""
    found = x * x
    found += y * y
    return found
