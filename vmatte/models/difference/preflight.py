"""Looks at the plate and the first frame before the run."""

from __future__ import annotations

from vmatte.core.types import Frame, Hints, Image8
from vmatte.models.difference import DifferenceSettings
from vmatte.models.plate.preflight import PlateReport, look_at, measure


def preflight(plate: Image8, frame: Image8, settings: DifferenceSettings | None = None) -> PlateReport:
    """Measures `plate` against `frame`, (H, W, 3) uint8 each.

    Raises:
        HintError: The plate has another size, or shows another place.
    """
    settings = settings or DifferenceSettings()
    return measure(plate, frame, settings.align, settings.work_rows)


def look(settings: DifferenceSettings, hints: Hints, frame: Frame) -> tuple[str, ...]:
    """What there is to say about the plate in `hints` before the run that begins with `frame`.

    Raises:
        HintError: The plate has another size, or shows another place.
    """
    return look_at(hints, frame, settings.align, settings.work_rows)
