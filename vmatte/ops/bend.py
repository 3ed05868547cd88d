"""Bends a plate that a homography has laid: what is left of parallax and of a lens, as a smooth field of motion.

Dense motion between the plate and the frame is believed where it leads back to its start, where it makes the two look
alike and where there is texture to tell. The subject is none of these, so that what lies behind it follows from its
surroundings, and far from anything known the field is zero.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8
from vmatte.ops.flow import agreement, dense
from vmatte.ops.shrink import shrunk, working_size
from vmatte.ops.unit import floats
from vmatte.ops.warp import warp

Floats = NDArray[np.float32]

# Fine enough for a smooth field.
_ROWS = 360
# px of round trip that lower trust to 1/e, as for the flow of the memory engine.
_TRIP = 1.5
# Codes of relief that lower trust to 1/e: two flat walls with noise of 2/255 differ by 15 in the mean, two unrelated
# textures by 40. Trust spreads no further than the least within the second window: a subject's edge is not believed.
_UNLIKE, _SIDE = 18.0, 7
# Squared gradient of relief, in codes, at which a place has half the say.
_TEXTURE, _TEXTURE_SIDE = 100.0, 9
# From the widest scale, which bridges a subject, to the narrowest, each with the px by which a place may differ from
# the scale before: what differs by more is the subject's own motion. px at 360 rows. Of a dozen such ladders this was
# the best on drawn walls behind a figure: fields of 3 px are found to 0.27 px, behind the figure to 0.46; and where
# there is none, 0.10 and 0.22 px are made up.
_LADDER = ((56.0, 4.0), (40.0, 4.0), (28.0, 3.0), (20.0, 2.0), (14.0, 1.5), (10.0, 1.5))
# Trust that the scale before counts as, and that zero counts as in the first.
_PRIOR, _NOTHING = 0.15, 0.01
# px of a scale that are kept when the field is reduced to compute it.
_KEPT = 7.0


def bend(laid: Image8, frame: Image8) -> Floats:
    """(H, W, 2) px from each pixel of the frame to where it is in the plate.

    >>> rng = np.random.default_rng(0)
    >>> wall = cv2.resize(rng.integers(0, 255, (45, 80), dtype=np.uint8), (320, 180))
    >>> bend(wall, np.roll(wall, 2, 1))[40:-40, 40:-40].mean((0, 1)).round().astype(int).tolist()
    [-2, 0]

    Args:
        laid: (H, W) uint8 relief of the plate as it lies under the frame.
        frame: (H, W) uint8 relief of the frame.
    """
    height, width = frame.shape
    size = working_size(height, width, _ROWS)
    here, there = shrunk(frame, size), shrunk(laid, size)
    flow = dense(here, there, 0)
    trust = _trust(flow, dense(there, here, 0), here, there)
    field = _spread(flow, trust, np.zeros_like(flow), _LADDER[0][0], _NOTHING)
    for scale, odd in _LADDER[1:]:
        near = np.exp(-np.square((flow - field) / np.float32(odd)).sum(axis=2))
        field = _spread(flow, trust * near, field, scale, _PRIOR)
    if size == (height, width):
        return field
    return floats(cv2.resize(field, (width, height)) * np.array([width / size[1], height / size[0]], np.float32))


def _trust(flow: Floats, back: Floats, frame: Image8, plate: Image8) -> Floats:
    """How far to believe the flow of each pixel, in [0, 1]."""
    gap = floats(cv2.blur(floats(cv2.absdiff(frame, warp(plate, flow))), (_SIDE, _SIDE)))
    x, y = (cv2.Scharr(frame, cv2.CV_32F, 1 - axis, axis, scale=1 / 32) for axis in (0, 1))
    energy = floats(cv2.blur(x * x + y * y, (_TEXTURE_SIDE, _TEXTURE_SIDE)))
    alike = np.exp(-np.square(gap / np.float32(_UNLIKE)))
    trust = agreement(flow, back, _TRIP) * alike * (energy / (energy + np.float32(_TEXTURE)))
    return floats(cv2.erode(trust, np.ones((_SIDE, _SIDE), np.uint8)))


def _spread(flow: Floats, trust: Floats, before: Floats, scale: float, prior: float) -> Floats:
    """The believed part of the flow, smoothed at a scale; what was there before where nothing is believed."""
    height, width = trust.shape
    sigma = scale * min(height, width) / 360
    step = max(1, int(sigma / _KEPT))
    size = max(1, width // step), max(1, height // step)
    held = cv2.resize(np.dstack([flow * trust[..., None], trust]), size, interpolation=cv2.INTER_AREA)
    held = floats(cv2.resize(cv2.GaussianBlur(held, (0, 0), sigma / step), (width, height)))
    field: Floats = (held[..., :2] + np.float32(prior) * before) / (held[..., 2:] + np.float32(prior))
    return field
