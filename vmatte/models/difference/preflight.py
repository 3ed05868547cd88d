"""Looks at a plate and a frame before the run: does it belong to the clip, how far is it off, how much brighter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError
from vmatte.core.types import Frame, Hints, Image8
from vmatte.models.difference import Align, DifferenceSettings
from vmatte.models.difference.laying import STILL, lay
from vmatte.models.recall.small import working_size
from vmatte.ops.align import LEAST_INLIERS, landmarks, locate, relief
from vmatte.ops.light import fit_light

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


def preflight(plate: Image8, frame: Image8, settings: DifferenceSettings | None = None) -> PlateReport:
    """Measures `plate` against `frame`, (H, W, 3) uint8 each.

    Raises:
        HintError: The plate has another size, or shows another place.
    """
    settings = settings or DifferenceSettings()
    check_size(plate, frame)
    height, width = working_size(frame.shape[0], frame.shape[1], settings.work_rows)
    here, there = (shrunk(picture, (height, width)) for picture in (plate, frame))
    laid = lay(here, there, settings.align)
    found = locate(landmarks(here), relief(there))
    gain, offset = fit_light(laid.picture, there * np.float32(1 / 255), laid.known)
    level = laid.picture.mean(axis=(0, 1))
    shift = 255 * (level * gain + offset - level)
    scale = min(frame.shape[:2]) / min(height, width)
    return PlateReport(
        misalignment_px=found.shift * scale if found.found else None,
        residual_px=found.residual * scale if found.found else None,
        colour_shift=(float(shift[0]), float(shift[1]), float(shift[2])),
        inliers=found.inliers,
        landmarks=found.visible,
        warnings=tuple(_warnings(found.found, found.shift * scale, found.shift, shift, settings.align)),
    )


def look(settings: DifferenceSettings, hints: Hints, frame: Frame) -> tuple[str, ...]:
    """What there is to say about the plate in `hints` before the run that begins with `frame`.

    Raises:
        HintError: The plate has another size, or shows another place.
    """
    source = hints.maps.get("plate")
    plate = None if source is None else source.at(frame.index)
    return () if plate is None else preflight(plate, frame.sdr, settings).warnings


def check_size(plate: Image8, frame: Image8) -> None:
    """Raises HintError unless the plate is 8-bit RGB of the frame's size."""
    if plate.ndim != 3 or plate.shape[2] != 3 or plate.dtype != np.uint8:
        raise HintError(f"plate is {plate.shape} {plate.dtype}: give an 8-bit RGB picture")
    if plate.shape != frame.shape:
        raise HintError(
            f"plate is {plate.shape[1]}x{plate.shape[0]}, the clip {frame.shape[1]}x{frame.shape[0]}: "
            "give a plate of the clip's size"
        )


def shrunk(picture: Image8, size: tuple[int, int]) -> Image8:
    """`picture` at (height, width)."""
    if picture.shape[:2] == size:
        return picture
    return cast("Image8", cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA))


def _warnings(found: bool, shift: float, working: float, light: NDArray[np.float32], align: Align) -> list[str]:
    said = []
    if not found:
        said.append(f"the plate shows fewer than {LEAST_INLIERS} landmarks of the frame: its alignment was not checked")
    elif working >= STILL and align is Align.none:
        said.append(f"the plate is {shift:.1f} px off and model.align=none leaves it there")
    elif working >= STILL:
        said.append(f"the plate was {shift:.1f} px off and is moved to fit")
    if float(np.abs(light).max()) > _LIGHT:
        red, green, blue = (round(float(value)) for value in light)
        said.append(f"the clip's light differs from the plate's by {red:+d} {green:+d} {blue:+d} codes (R G B)")
    return said
