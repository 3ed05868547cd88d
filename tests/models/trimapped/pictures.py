"""Vectors of refiners: pictures with drawn trimaps, and one thread."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Clip, Frame, Layer
from vmatte.models.trimapped.network import NetworkRefiner

#: Of no file.
CLIP = Clip(Path("drawn"), 64, 48, Fraction(24), Fraction(1, 24))


def refined(
    model: NetworkRefiner, picture: NDArray[Any], trimap: NDArray[np.uint8], layer: Layer | None = None
) -> Layer:
    """What a refiner finds in (H, W, 3) uint8."""
    return model.refine(CLIP, Frame(0, 0, picture, picture), trimap, layer)


def disc(size: tuple[int, int] = (48, 64)) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A soft bright disc on noise, and its trimap."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices(size)
    away = np.hypot(rows - size[0] / 2, columns - size[1] / 2) - min(size) / 4
    alpha = np.clip(0.5 - away / 6, 0, 1)[..., None]
    picture = (alpha * 220 + (1 - alpha) * rng.integers(0, 90, (*size, 3))).astype(np.uint8)
    trimap = np.where(away < -5, 255, np.where(away > 5, 0, 128)).astype(np.uint8)
    return picture, trimap
