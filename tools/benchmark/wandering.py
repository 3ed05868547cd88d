"""A made-up matte of a low-resolution network: soft, and wandering from frame to frame, without gross errors."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from tools.synth.film import Plane

# At 360 rows: px rms of displacement, and px of the cells it is drawn in; how much of it the next frame keeps.
_SHIFT, _CELL, _ROWS = 1.5, 24, 360
_KEPT = 0.5
# What the network works at, and by how much it overstates contrast.
_COARSER, _CONTRAST = 4, 1.3


def wandering(alphas: Sequence[Plane], seed: int = 0) -> list[Plane]:
    """True mattes displaced by a smooth random field, reduced and enlarged, contrasted and clipped."""
    rng = np.random.default_rng(seed)
    height, width = alphas[0].shape
    cell, shift = max(1, round(_CELL * height / _ROWS)), _SHIFT * height / _ROWS
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    field = np.zeros((height // cell + 1, width // cell + 1, 2), np.float32)
    found = []
    for alpha in alphas:
        fresh = np.asarray(rng.normal(0, shift, field.shape), np.float32)
        field = np.float32(_KEPT) * field + np.float32((1 - _KEPT**2) ** 0.5) * fresh
        places = grid + cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
        moved = cv2.remap(alpha, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        small = cv2.resize(moved, (width // _COARSER, height // _COARSER), interpolation=cv2.INTER_AREA)
        large = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        found.append(np.clip((large - 0.5) * _CONTRAST + 0.5, 0, 1).astype(np.float32))
    return found
