"""Whether a matte changed where the picture did not: the sign of drift, leaks and lost limbs without any truth."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha, Image8
from vmatte.ops.flow import dense, round_trip
from vmatte.ops.warp import warp

Floats = NDArray[np.float32]

# Fine enough for limbs, and 9 ms a frame; noise and codec blocks are averaged away.
_ROWS = 144
# 8-bit codes between a picture and the moved one before it that count as the same surface: three sigma of the noise
# that H.264 at CRF 20 leaves, the most of the three channels.
_SAME = 12.0
# px of the small picture that a point may miss its start by after going there and back.
_TRIP = 1.0


class Follower:
    """Compares each frame and matte with the one before.

    A pixel is judged where optical flow finds the same surface in both frames, there and back. What the matte gained or
    lost on such pixels, as a share of the subject, is its inconsistency: 0 for a matte that moves with the picture.
    """

    def __init__(self) -> None:
        self._picture: Image8 | None = None
        self._grey: Image8 | None = None
        self._alphas: dict[str, Floats] = {}

    def frame(self, picture: Image8, alphas: dict[str, Alpha]) -> dict[str, float]:
        """Inconsistency of each matte, in [0, 1]; nothing for those not seen on the frame before.

        Args:
            picture: (H, W, 3) uint8 RGB.
            alphas: (H, W) float32 by name.
        """
        small = _small(picture)
        grey = cast("Image8", cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
        mattes = {name: cast("Floats", _small(alpha)) for name, alpha in alphas.items()}
        before, old = self._picture, self._grey
        found: dict[str, float] = {}
        if before is not None and old is not None and before.shape == small.shape:
            back = dense(grey, old, 0, coarse=True)
            apart = cv2.absdiff(small, warp(before, back)).max(axis=2)
            same = (apart < _SAME) & (round_trip(back, dense(old, grey, 0, coarse=True)) < _TRIP)
            for name, alpha in mattes.items():
                if name in self._alphas:
                    found[name] = _changed(alpha, warp(self._alphas[name], back), same)
        self._picture, self._grey, self._alphas = small, grey, mattes
        return found


def _changed(alpha: Floats, moved: Floats, same: NDArray[np.bool_]) -> float:
    subject = float(np.maximum(alpha, moved).sum())
    # Half of a soft edge's width of change is what resampling alone makes.
    change = np.maximum(np.abs(alpha - moved) - np.float32(0.25), 0) * same
    return float(change.sum()) / max(subject, 1.0)


def _small(image: NDArray[Any]) -> NDArray[Any]:
    height, width = image.shape[:2]
    scale = min(1.0, _ROWS / min(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cast("NDArray[Any]", cv2.resize(image, size, interpolation=cv2.INTER_AREA))
