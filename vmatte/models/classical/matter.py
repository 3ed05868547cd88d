"""A classical solver as a refiner."""

from __future__ import annotations

from dataclasses import replace

from vmatte.core.types import Band, Clip, Frame, Image8, Layer
from vmatte.models.registry import ModelSettings, Runtime
from vmatte.ops.solvers import SOLVERS, check_library

# Measured best, see tools/bench.md.
_BANDS = {"knn": Band(scale=0)}


class Classical:
    """A Refiner."""

    def __init__(self, name: str) -> None:
        """Checks that it can run.

        Raises:
            ConfigError: Its library is not installed.
        """
        check_library()
        self._solver = SOLVERS[name]
        self.band = _BANDS.get(name, Band())

    def refine(self, clip: Clip, frame: Frame, trimap: Image8, layer: Layer | None) -> Layer:
        """The matte of one frame.

        Raises:
            ConfigError: Nothing is known in a drawn trimap.
        """
        found = self._solver(frame.sdr, None if layer is None else layer.alpha, trimap)
        # Colours that came with the old matte do not belong to the new one.
        return Layer("subject", found) if layer is None else replace(layer, alpha=found, colour=None, background=None)


def build(settings: ModelSettings, runtime: Runtime) -> Classical:
    """The factory the cards name."""
    return Classical(settings.name)
