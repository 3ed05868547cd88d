"""Looks at the plate and the first frame before the run."""

from __future__ import annotations

from typing import cast

from vmatte.core.types import Frame, Hints
from vmatte.models.bgmv2.settings import BGMv2Settings
from vmatte.models.plate.preflight import look_at
from vmatte.models.registry import ModelSettings

#: Rows at which the plate is laid: finer than where motion alone counts, as the network compares pixel by pixel.
ROWS = 720


def look(settings: ModelSettings, hints: Hints, frame: Frame) -> tuple[str, ...]:
    """What there is to say about the plate in `hints` before the run that begins with `frame`.

    Raises:
        HintError: The plate has another size.
    """
    return look_at(hints, frame, cast("BGMv2Settings", settings).align, ROWS, refuse=False)
