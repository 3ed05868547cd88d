"""Lays the plate under each frame, and leaves it alone, bit for bit, while the camera stands still."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError
from vmatte.core.types import Image8
from vmatte.models.difference import Align
from vmatte.ops.align import (
    LEAST_INLIERS,
    LEAST_SHARE,
    Alignment,
    Landmarks,
    Matrix,
    landmarks,
    locate,
    motion,
    relief,
    warp_plate,
    warp_relief,
)
from vmatte.ops.light import match_light

Floats = NDArray[np.float32]

# Motion in working px that is left alone: a quarter pixel is what the difference tolerates on a steep edge.
STILL = 0.25
# A pixel this close to the plate in its light is explained by it: five times the noise of a bad camera.
_EXPLAINED = 0.04
# Share of explained pixels that says the plate belongs to the clip though too little texture shows to align it.
_BELONGS = 0.35


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A plate under a frame. A value: it can be pickled.

    Attributes:
        plate: (h, w, 3) float32 RGB in [0, 1], as given.
        landmarks: Of the plate.
        matrix: From the plate to the frame.
        picture: The plate as it lies under the frame.
        known: (h, w) float32, 1 where the plate reaches; None for everywhere.
        relief: The plate's relief as it lies under the frame.
        moved: Whether the plate ever had to be moved since the first frame.
    """

    plate: Floats
    landmarks: Landmarks
    matrix: Matrix
    picture: Floats
    known: Floats | None
    relief: Image8
    moved: bool = False


def lay(plate: Image8, frame: Image8, align: Align, first: bool = True) -> Laid:
    """Lays a plate under the first frame it serves, both (h, w, 3) at the working size.

    Raises:
        HintError: The plate shows another place, and this is the clip's first. Later ones are taken as they are:
            a subject may fill the picture by then.
    """
    marks = landmarks(plate) if align is not Align.none else Landmarks(relief(plate), np.empty((0, 2), np.float32))
    unit = plate * np.float32(1 / 255)
    laid = Laid(unit, marks, np.eye(3), unit, None, marks.relief)
    if align is Align.none:
        return laid
    seen = relief(frame)
    if align is Align.auto and motion(marks, seen, laid.matrix) < STILL:
        return laid
    found = locate(marks, seen)
    if found.found:
        return _at(laid, found.matrix) if found.shift >= STILL or align is Align.homography else laid
    if first and (explained := explained_share(unit, frame)) < _BELONGS:
        raise HintError(stranger(found, explained))
    return laid


def follow(laid: Laid, frame: Image8, align: Align) -> Laid:
    """The plate under the next frame: the very same object while the camera stands still."""
    if align is Align.none or len(laid.landmarks.points) < LEAST_INLIERS:
        return laid
    seen = relief(frame)
    if align is Align.auto and motion(laid.landmarks, seen, laid.matrix, laid.relief) < STILL:
        return laid
    found = locate(laid.landmarks, seen, laid.matrix)
    if found.found:
        return replace(_at(laid, found.matrix), moved=True)
    if laid.moved:  # out of sight: nothing is known, and the memory decides
        return replace(laid, known=np.zeros(frame.shape[:2], np.float32))
    return laid


def explained_share(plate: Floats, frame: Image8) -> float:
    """Share of the frame's pixels that the plate explains as it lies."""
    unit = frame * np.float32(1 / 255)
    return float((np.abs(unit - match_light(plate, unit)).max(axis=2) < _EXPLAINED).mean())


def stranger(found: Alignment, explained: float) -> str:
    """The one line that says a plate does not belong to the clip, and why."""
    needed = max(LEAST_INLIERS, round(LEAST_SHARE * found.visible))
    return (
        f"plate does not belong to this clip: {found.inliers} of its {found.visible} landmarks are in the frame "
        f"({needed} needed) and it explains {explained:.0%} of the picture ({_BELONGS:.0%} needed): "
        "give a plate of the same scene, or use it as it is with --model difference --set model.align=none"
    )


def _at(laid: Laid, matrix: Matrix) -> Laid:
    picture, known = warp_plate(laid.plate, matrix)
    everywhere = None if known.all() else known.astype(np.float32)
    return replace(laid, matrix=matrix, picture=picture, known=everywhere, relief=warp_relief(laid.landmarks, matrix))
