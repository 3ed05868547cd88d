"""Bends a plate that a homography has laid: what is left of parallax and of a lens, as a smooth field of motion.

Dense motion between the plate and the frame is believed where it leads back to its start, where it makes the two look
alike and where there is texture to tell. The subject is none of these, so that what lies behind it follows from its
surroundings, and far from anything known the field is zero.
"""

from __future__ import annotations

from typing import cast

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
# Codes of relief that two views of one surface differ by, noise included: two flat walls with noise of 2/255 differ by
# 15 in the mean, two unrelated textures by 40.
_UNLIKE, _UNLIKE_SIDE = 25.0, 7
# Squared gradient of relief, in codes, at which a place has half the say.
_TEXTURE, _TEXTURE_SIDE = 100.0, 9
# Scales of the field in px at 360 rows: what single places may say, and what bridges a subject.
_NEAR, _WIDE, _REDUCTION = 10.0, 56.0, 8
# Trust that the wide field counts as in the near one, and that zero counts as in the wide one.
_PRIOR, _NOTHING = 0.05, 0.01
# px by which a place may differ from its surroundings; more is the subject's own motion.
_ODD = 3.0


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
    wide = _wide(flow, trust)
    trust *= np.exp(-np.square((flow - wide) / np.float32(_ODD)).sum(axis=2))
    wide = _wide(flow, trust)
    sigma = _NEAR * min(size) / 360
    say = floats(cv2.GaussianBlur(trust, (0, 0), sigma))[..., None]
    near = floats(cv2.GaussianBlur(flow * trust[..., None], (0, 0), sigma))
    field = (near + np.float32(_PRIOR) * wide) / (say + np.float32(_PRIOR))
    if size == (height, width):
        return cast("Floats", field)
    return floats(cv2.resize(field, (width, height)) * np.array([width / size[1], height / size[0]], np.float32))


def _trust(flow: Floats, back: Floats, frame: Image8, plate: Image8) -> Floats:
    """How far to believe the flow of each pixel, in [0, 1]."""
    gap = cv2.blur(floats(cv2.absdiff(frame, warp(plate, flow))), (_UNLIKE_SIDE, _UNLIKE_SIDE))
    x, y = (cv2.Scharr(frame, cv2.CV_32F, 1 - axis, axis, scale=1 / 32) for axis in (0, 1))
    energy = floats(cv2.blur(x * x + y * y, (_TEXTURE_SIDE, _TEXTURE_SIDE)))
    alike = np.exp(-np.square(floats(gap) / np.float32(_UNLIKE)))
    return cast("Floats", agreement(flow, back, _TRIP) * alike * (energy / (energy + np.float32(_TEXTURE))))


def _wide(flow: Floats, trust: Floats) -> Floats:
    """The believed part of the flow, spread far; nothing where nothing is known."""
    height, width = trust.shape
    size = max(1, width // _REDUCTION), max(1, height // _REDUCTION)
    sigma = _WIDE * min(height, width) / 360 / _REDUCTION
    held = np.dstack([flow * trust[..., None], trust])
    held = floats(cv2.GaussianBlur(cv2.resize(held, size, interpolation=cv2.INTER_AREA), (0, 0), sigma))
    coarse = held[..., :2] / (held[..., 2:] + np.float32(_NOTHING))
    return floats(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR))
