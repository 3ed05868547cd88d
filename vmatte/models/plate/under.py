"""The plate at full size under each frame, in its place and in its light."""

from __future__ import annotations

import logging
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError
from vmatte.core.types import Frame, Hints, Image8
from vmatte.models.plate import Align
from vmatte.models.plate.laying import Laid, follow, lay
from vmatte.models.plate.preflight import check_size
from vmatte.ops.align import rescaled, warp_plate
from vmatte.ops.light import light_between
from vmatte.ops.shrink import shrunk, working_size
from vmatte.ops.unit import floats, unit

logger = logging.getLogger(__name__)


class Underlay:
    """Lays plates under the frames of one clip, one after another.

    Place and light are found on small pictures. Where a moved plate does not reach, the frame's own pixels stand, as in
    the published scripts: there a network finds nothing.
    """

    def __init__(self, align: Align, rows: int) -> None:
        self._align, self._rows = align, rows
        self._given: Image8 | None = None
        self._laid: Laid | None = None
        self._full: tuple[NDArray[Any], NDArray[np.bool_]] | None = None
        self._lost = False
        self._restored = False

    def restored(self) -> Underlay:
        """The same in a run that goes on: a plate that equals the last one is taken for it."""
        self._restored = True
        return self

    @property
    def reached(self) -> NDArray[np.bool_] | None:
        """Where the plate as last laid has pixels of its own, (H, W); None for everywhere."""
        return None if self._full is None else self._full[1]

    def under(self, frame: Frame, hints: Hints) -> NDArray[Any]:
        """The plate for a frame, (H, W, 3): float32 in [0, 1], or uint8 as it was given when it is not to be aligned.

        Raises:
            HintError: There is none, or one of another size.
        """
        plate = _given(frame, hints)
        check_size(plate, frame.sdr)
        if self._restored and self._given is not None and np.array_equal(plate, self._given):
            self._given = plate
        self._restored = False
        if self._align is Align.none:
            return plate
        height, width = frame.sdr.shape[:2]
        size = working_size(height, width, self._rows)
        small = shrunk(frame.sdr, size)
        laid = self._next(plate, small)
        lost = laid.known is not None and not laid.known.any()
        if self._full is None or (laid is not self._laid and not lost):
            self._full = self._moved(plate, laid)
        if lost and not self._lost:
            logger.warning("the plate was not found under frame %d: it is left where it was", frame.index)
        self._laid, self._given, self._lost = laid, plate, self._lost or lost
        full, known = self._full
        lit = light_between(laid.picture, unit(small), laid.known).on(unit(full))
        return lit if known.all() else np.where(known[..., None], lit, unit(frame.sdr))

    def _next(self, plate: Image8, small: Image8) -> Laid:
        size = (small.shape[0], small.shape[1])
        if self._laid is None or self._laid.plate.shape != small.shape:
            return lay(shrunk(plate, size), small, self._align, refuse=False)
        if plate is self._given:
            return follow(self._laid, small, self._align)
        return lay(shrunk(plate, size), small, self._align, self._laid)

    def _moved(self, plate: Image8, laid: Laid) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """The full plate as the small one lies, and where it has pixels."""
        if laid.picture is laid.plate and laid.known is None:
            return plate, np.ones(plate.shape[:2], np.bool_)
        size, (height, width) = laid.plate.shape[:2], plate.shape[:2]
        flow = laid.flow
        if flow is not None and flow.shape[:2] != (height, width):
            flow = floats(cv2.resize(flow, (width, height)))
            flow *= np.array([width / size[1], height / size[0]], np.float32)
        return warp_plate(plate, rescaled(laid.matrix, size, (height, width)), flow)


def _given(frame: Frame, hints: Hints) -> Image8:
    source = hints.maps.get("plate")
    plate = None if source is None else source.at(frame.index)
    if plate is None:
        raise HintError(f"no plate for frame {frame.index}: give one with --plate")
    return plate
