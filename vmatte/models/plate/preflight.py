"""Looks at a plate and a frame before the run: does it belong to the clip, how far is it off, how much brighter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError
from vmatte.core.types import Frame, Hints, Image8
from vmatte.models.plate import Align
from vmatte.models.plate.laying import BELONGS, STILL, explained_share, lay, reasons
from vmatte.ops.align import LEAST_INLIERS, Alignment, landmarks, locate, relief
from vmatte.ops.light import fit_light
from vmatte.ops.shrink import shrunk, working_size

# Differences of light above this are matched, but clip highlights and shift noise: worth telling. 8-bit codes.
_LIGHT = 25.0


@dataclass(frozen=True, slots=True)
class PlateReport:
    """How well a plate fits a frame.

    Attributes:
        misalignment_px: How far the plate is off as given, px of the clip, the median over its landmarks; None
            where it cannot be told.
        residual_px: The same after alignment.
        colour_shift: Mean difference of light per channel (R, G, B), frame less plate, in 8-bit codes.
        inliers: Landmarks of the plate found again in the frame.
        landmarks: Those that could have been.
        warnings: Sentences for the report.
    """

    misalignment_px: float | None
    residual_px: float | None
    colour_shift: tuple[float, float, float]
    inliers: int
    landmarks: int
    warnings: tuple[str, ...]


def measure(plate: Image8, frame: Image8, align: Align, rows: int, *, refuse: bool = True) -> PlateReport:
    """Measures `plate` against `frame`, (H, W, 3) uint8 each.

    Args:
        plate: The plate.
        frame: The frame.
        align: How it will be laid.
        rows: Of the pictures it will be laid at.
        refuse: Whether a plate of another place is an error, when it is to be aligned.

    Raises:
        HintError: The plate has another size, or shows another place.
    """
    check_size(plate, frame)
    height, width = working_size(frame.shape[0], frame.shape[1], rows)
    here, there = (shrunk(picture, (height, width)) for picture in (plate, frame))
    laid = lay(here, there, align, refuse=refuse)
    found = locate(landmarks(here), relief(there))
    gain, offset = fit_light(laid.picture, there * np.float32(1 / 255), laid.known)
    level = laid.picture.mean(axis=(0, 1))
    shift = 255 * (level * gain + offset - level)
    scale = min(frame.shape[:2]) / min(height, width)
    explained = 1.0 if found.found else explained_share(laid.plate, there)
    return PlateReport(
        misalignment_px=found.shift * scale if found.found else None,
        residual_px=found.residual * scale if found.found else None,
        colour_shift=(float(shift[0]), float(shift[1]), float(shift[2])),
        inliers=found.inliers,
        landmarks=found.visible,
        warnings=tuple(_warnings(found, explained, scale, shift, align)),
    )


def look_at(hints: Hints, frame: Frame, align: Align, rows: int, *, refuse: bool = True) -> tuple[str, ...]:
    """What there is to say about the plate in `hints` before the run that begins with `frame`; as `measure`.

    Raises:
        HintError: The plate has another size, or shows another place.
    """
    source = hints.maps.get("plate")
    plate = None if source is None else source.at(frame.index)
    return () if plate is None else measure(plate, frame.sdr, align, rows, refuse=refuse).warnings


def check_size(plate: Image8, frame: Image8) -> None:
    """Raises HintError unless the plate is 8-bit RGB of the frame's size."""
    if plate.ndim != 3 or plate.shape[2] != 3 or plate.dtype != np.uint8:
        raise HintError(f"plate is {plate.shape} {plate.dtype}: give an 8-bit RGB picture")
    if plate.shape != frame.shape:
        raise HintError(
            f"plate is {plate.shape[1]}x{plate.shape[0]}, the clip {frame.shape[1]}x{frame.shape[0]}: "
            "give a plate of the clip's size"
        )


def _warnings(found: Alignment, explained: float, scale: float, light: NDArray[np.float32], align: Align) -> list[str]:
    told, strange = _codes(light), not found.found and explained < BELONGS
    if strange:
        return [
            f"the plate does not seem to belong to this clip: {reasons(found, explained)}; how far it is off cannot "
            f"be measured, its light is off by {told}; mattes will be wrong unless it is replaced"
        ]
    said, shift, differs = [], found.shift * scale, f"the clip's light differs from the plate's by {told}"
    if not found.found:
        said.append(f"the plate shows fewer than {LEAST_INLIERS} landmarks of the frame: its alignment was not checked")
    elif found.shift >= STILL and align is Align.none:
        said.append(f"the plate is {shift:.1f} px off and model.align=none leaves it there; {differs}")
    elif found.shift >= STILL:
        said.append(f"the plate was {shift:.1f} px off and is moved to fit; {differs}")
    if float(np.abs(light).max()) > _LIGHT and not any(differs in text for text in said):
        said.append(differs)
    return said


def _codes(light: NDArray[np.float32]) -> str:
    red, green, blue = (round(float(value)) for value in light)
    return f"{red:+d} {green:+d} {blue:+d} codes (R G B)"
