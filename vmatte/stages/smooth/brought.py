"""Mattes of the frames around, brought to one frame, in two ways: along the flow and along the interior's flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha
from vmatte.ops.follow import Predicted, inside, outward, solid
from vmatte.ops.warp import warp
from vmatte.stages.smooth.estimate import middle
from vmatte.stages.smooth.sight import Way

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Motion of an interior is smooth: it is carried outward on a map of this many rows, by Gaussians of so many of its px.
# That is the ladder of the metrics, 3 to 24 px, on a picture of 180 rows.
COARSE = 90
_SIGMAS = (1.5, 3.0, 6.0, 12.0)


@dataclass(frozen=True, slots=True, eq=False)
class Brought:
    """What one layer looks like from one frame.

    Attributes:
        alpha: (H, W) its own matte.
        base: (h, w) the median of it and its two neighbours, at the flow's size: what the layer solidly is.
        along: By offset, the other mattes along the flow as found.
        carried: The same along the interior's flow.
    """

    alpha: Alpha
    base: Floats
    along: Mapping[int, Predicted]
    carried: Mapping[int, Predicted]


def bring(alphas: Mapping[int, Alpha], ways: Mapping[int, Way]) -> Brought:
    """Brings all mattes of a window to its frame 0; `alphas` holds 0, and -1 and 1, which `ways` leads to."""
    alpha = alphas[0]
    size = ways[1].flow.shape[:2]
    beside = [warp(resized(alphas[step], size), ways[step].flow) for step in (-1, 1)]
    base = middle([resized(alpha, size), *beside])
    interior = solid(base)
    along, carried = {}, {}
    for offset, way in ways.items():
        if offset not in alphas:
            continue
        along[offset] = _moved(alphas[offset], way.flow, way.valid)
        flow = _outward(way.flow, interior & way.valid)
        carried[offset] = _moved(alphas[offset], flow, inside(flow))
    return Brought(alpha, base, along, carried)


def resized(image: Floats, size: tuple[int, ...]) -> Floats:
    """At that many rows and columns: area means downwards, bilinear upwards."""
    if image.shape[:2] == tuple(size[:2]):
        return image
    how = cv2.INTER_AREA if size[0] < image.shape[0] else cv2.INTER_LINEAR
    return cast("Floats", cv2.resize(image, (size[1], size[0]), interpolation=how))


def coarse(size: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of the coarse map of a picture."""
    scale = min(1.0, COARSE / min(size[:2]))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _outward(flow: Floats, interior: Mask) -> Floats:
    size = coarse(flow.shape)
    weights = interior.astype(np.float32)
    few = resized(weights, size)
    means = resized(flow * weights[..., None], size) / np.maximum(few, np.float32(1e-6))[..., None]
    # A cell counts that is mostly interior; a thin limb that fills none keeps the flow as found.
    filled = few > 0.5
    if not filled.any():
        return flow
    start = np.where(filled[..., None], means, resized(flow, size)).astype(np.float32)
    return resized(outward(start, filled, _SIGMAS), flow.shape)


def _moved(alpha: Alpha, flow: Floats, valid: Mask) -> Predicted:
    """At the matte's own size."""
    size = alpha.shape
    if flow.shape[:2] == size:
        return Predicted(warp(alpha, flow), valid)
    scale = np.array([size[1] / flow.shape[1], size[0] / flow.shape[0]], np.float32)
    whole = resized(flow * scale, size)
    return Predicted(warp(alpha, whole), resized(valid.astype(np.float32), size) > 0.5)
