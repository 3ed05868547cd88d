"""The refiner as a stage: median along the flow, trimap from the median, solver inside its band.

The order is what keeps the result steady: the solver sees a matte without slips of one frame, and nothing is smoothed
afterwards. One frame of delay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vmatte.core.keeping import FORGETFUL, Keeper, noted
from vmatte.core.types import Alpha, Clip, Image8, Layer, Matte, Stream
from vmatte.ops.carried import carried_median
from vmatte.ops.trimap import band_radius, trimap
from vmatte.stages.refine.solvers import SOLVERS, check_solver


class Refine:
    """A Stage.

    Attributes:
        method: Name of a solver.
        radius: px that the band grows by; None takes 2 px per 360 rows, and no growth for `knn`, as measured best.
    """

    def __init__(self, method: str, radius: int | None = None) -> None:
        """Checks that the solver can run.

        Raises:
            ConfigError: It cannot.
        """
        check_solver(method)
        self.method, self.radius = method, radius

    #: Frames by which mattes come out late.
    lag = 1

    def __call__(self, clip: Clip, mattes: Iterator[Matte], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        before, here = keeper.kept or (None, None)
        mattes = noted(mattes, keeper, lambda: (before, here))
        if here is None:
            here = next(mattes, None)
        while here is not None:
            after = next(mattes, None)
            yield self._refined(before, here, after)
            before, here = here, after

    def _refined(self, before: Matte | None, here: Matte, after: Matte | None) -> Matte:
        layers = []
        for place, layer in enumerate(here.layers):
            alpha = layer.alpha
            if before is not None and after is not None:
                three = (before, here, after)
                pictures: tuple[Image8, Image8, Image8] = tuple(m.frame.sdr for m in three)  # type: ignore[assignment]
                alphas: tuple[Alpha, Alpha, Alpha] = tuple(m.layers[place].alpha for m in three)  # type: ignore[assignment]
                alpha = carried_median(pictures, alphas)
            layers.append(self._solved(here, layer, alpha))
        return replace(here, layers=tuple(layers))

    def _solved(self, matte: Matte, layer: Layer, alpha: Alpha) -> Layer:
        radius = self.radius
        if radius is None:
            radius = 0 if self.method == "knn" else band_radius(alpha.shape[0])
        found = SOLVERS[self.method](matte.frame.sdr, alpha, trimap(alpha, radius))
        # Colours that came with the old matte do not belong to the new one.
        return replace(layer, alpha=found, colour=None)
