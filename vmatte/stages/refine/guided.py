"""The guided filter as a refiner: nothing to install, nothing to fetch."""

from __future__ import annotations

from dataclasses import replace

from vmatte.core.types import Band, Clip, Frame, Image8, Layer
from vmatte.ops.solvers import guided_solver


class Guided:
    """A Refiner of mattes; it can make none of a drawn trimap alone."""

    band = Band()

    def refine(self, clip: Clip, frame: Frame, trimap: Image8, layer: Layer | None) -> Layer:
        """The matte, its soft part along the picture's edges."""
        assert layer is not None, "there is no model of this name"
        found = guided_solver(frame.sdr, layer.alpha, trimap)
        # Colours that came with the old matte do not belong to the new one.
        return replace(layer, alpha=found, colour=None, background=None)
