"""Lays the plate under each frame, and leaves it alone, bit for bit, while the camera stands still."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError
from vmatte.core.types import Image8
from vmatte.models.plate import Align
from vmatte.ops.align import (
    LEAST_INLIERS,
    LEAST_SHARE,
    MOST,
    Alignment,
    Landmarks,
    Matrix,
    departures,
    landmarks,
    locate,
    relief,
    warp_plate,
    warp_relief,
)
from vmatte.ops.bend import bend
from vmatte.ops.light import match_light
from vmatte.ops.warp import warp

Floats = NDArray[np.float32]

# Motion in working px that is left alone: a quarter pixel is what the difference tolerates on a steep edge.
STILL = 0.25
# A homography is enough while four in five landmarks are within this of it, px at 360 rows: drawn flat scenes leave
# them within 0.3, so it is the scene's depth beyond.
_DEEP = 0.75
# A pixel this close to the plate in its light is explained by it: five times the noise of a bad camera.
_EXPLAINED = 0.04
# Share of explained pixels that says the plate belongs to the clip though too little texture shows to align it.
BELONGS = 0.35


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
        flow: (h, w, 2) px from the frame to the plate as the matrix lays it; None when it is not bent.
        moved: Whether the plate ever had to be moved since the first frame.
    """

    plate: Floats
    landmarks: Landmarks
    matrix: Matrix
    picture: Floats
    known: Floats | None
    relief: Image8
    flow: Floats | None = None
    moved: bool = False


def lay(plate: Image8, frame: Image8, align: Align, guess: Laid | None = None, *, refuse: bool = True) -> Laid:
    """Lays a plate under the first frame it serves, both (h, w, 3) at the working size.

    Args:
        plate: The plate.
        frame: The frame.
        align: How.
        guess: The plate that served before and lies nearby; None for the clip's first.
        refuse: Whether a first plate that shows another place is an error; else it is taken as it is. Later ones
            always are: a subject may fill the picture by then.

    Raises:
        HintError: The plate shows another place.
    """
    unit = plate * np.float32(1 / 255)
    if align is Align.none:
        return Laid(unit, Landmarks(relief(plate), np.empty((0, 2), np.float32)), np.eye(3), unit, None, relief(plate))
    marks = landmarks(plate)
    laid = Laid(unit, marks, np.eye(3), unit, None, marks.relief)
    seen = relief(frame)
    if align is Align.auto and _still(laid, seen):
        return laid
    found = locate(marks, seen, None if guess is None else guess.matrix)
    if found.found:
        deep = align is Align.flow or _deep(found.spread, seen)
        moves = found.shift >= STILL or align is not Align.auto or deep
        return _at(laid, found, seen, align) if moves else laid
    if refuse and guess is None and (explained := explained_share(unit, frame)) < BELONGS:
        raise HintError(
            f"plate does not belong to this clip: {reasons(found, explained)}: "
            "give a plate of the same scene, or use it as it is with --model difference --set model.align=none"
        )
    return laid


def follow(laid: Laid, frame: Image8, align: Align) -> Laid:
    """The plate under the next frame: the very same object while the camera stands still."""
    if align is Align.none or len(laid.landmarks.points) < LEAST_INLIERS:
        return laid
    seen = relief(frame)
    if align is Align.auto and _still(laid, seen):
        return laid
    found = locate(laid.landmarks, seen, laid.matrix)
    if found.found:
        return replace(_at(laid, found, seen, align), moved=True)
    if laid.moved:  # out of sight: nothing is known, and the memory decides
        return replace(laid, known=np.zeros(frame.shape[:2], np.float32))
    return laid


def explained_share(plate: Floats, frame: Image8) -> float:
    """Share of the frame's pixels that the plate explains as it lies."""
    unit = frame * np.float32(1 / 255)
    return float((np.abs(unit - match_light(plate, unit)).max(axis=2) < _EXPLAINED).mean())


def reasons(found: Alignment, explained: float) -> str:
    """Why a plate is taken for another place's, in numbers."""
    needed = max(LEAST_INLIERS, round(LEAST_SHARE * found.visible))
    return (
        f"{found.inliers} of its {found.visible} landmarks are in the frame ({needed} needed) and it explains "
        f"{explained:.0%} of the picture ({BELONGS:.0%} needed)"
    )


def _still(laid: Laid, seen: Image8) -> bool:
    apart = departures(laid.landmarks, seen, laid.matrix, laid.relief)
    return float(np.median(apart)) < STILL and not _deep(float(np.quantile(apart, MOST)), seen)


def _deep(spread: float, seen: Image8) -> bool:
    return spread > _DEEP * max(1.0, float(min(seen.shape)) / 360)


def _at(laid: Laid, found: Alignment, seen: Image8, align: Align) -> Laid:
    """Moved to where it was found, and bent if that is asked for or needed."""
    shape, flow = warp_relief(laid.landmarks, found.matrix), None
    if align is Align.flow or (align is Align.auto and _deep(found.spread, seen)):
        flow = bend(shape, seen)
        shape = np.asarray(warp(shape, flow), np.uint8)
    picture, known = warp_plate(laid.plate, found.matrix, flow)
    everywhere = None if known.all() else known.astype(np.float32)
    return replace(laid, matrix=found.matrix, picture=picture, known=everywhere, relief=shape, flow=flow)
