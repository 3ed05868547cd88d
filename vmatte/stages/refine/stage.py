"""The refiner as a stage: median along the flow, trimap from the median, refiner inside its band.

The order is what keeps the result steady: the refiner sees a matte without slips of one frame, and nothing is smoothed
afterwards. One frame of delay, two where trimaps are united with those of their neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from vmatte.core.errors import ModelError, VmatteError
from vmatte.core.types import Alpha, Clip, Image8, Layer, MapSource, Matte, Refiner, Stream
from vmatte.ops.carried import Motion, carried_median, carried_union, motion
from vmatte.ops.trimap import band_radius, trimap
from vmatte.stages.smooth.window import windows


@dataclass(frozen=True, slots=True, eq=False)
class Banded:
    """A matte with what its refiner is given, layer by layer.

    Attributes:
        matte: As it came.
        alphas: The medians.
        trimaps: Made from them.
        back: Its motion to the frame before; None in the first one.
        forth: To the frame after; None in the last one.
    """

    matte: Matte
    alphas: tuple[Alpha, ...]
    trimaps: tuple[Image8, ...]
    back: Motion | None
    forth: Motion | None


class Refine:
    """A Stage.

    Attributes:
        refiner: What finds mattes inside trimaps.
        radius: px that the band grows by; None takes what suits the refiner, by the height of the frame.
        union: Whether trimaps are united with their neighbours'; None takes what suits the refiner.
        drawn: Trimaps by the user, to be taken instead where there are any.
    """

    def __init__(
        self,
        refiner: Refiner,
        radius: int | None = None,
        union: bool | None = None,
        drawn: MapSource | None = None,
    ) -> None:
        self.refiner, self.radius, self.drawn = refiner, radius, drawn
        self.union = refiner.band.union if union is None else union

    def __call__(self, clip: Clip, mattes: Iterator[Matte]) -> Stream[Matte]:
        banded = self.banded(mattes)
        for item in banded:
            yield self._refined(clip, item)
            del item

    def facts(self) -> dict[str, Any]:
        """What the refiner has to say of how it runs, for the report."""
        told: dict[str, Any] = self.refiner.facts() if hasattr(self.refiner, "facts") else {}
        return told

    def banded(self, mattes: Iterator[Matte]) -> Iterator[Banded]:
        """What the refiner is given, frame by frame."""
        made = (self._banded(window) for window in windows(mattes, 1))
        return (_united(window) for window in windows(made, 1)) if self.union else made

    def _banded(self, window: dict[int, Matte]) -> Banded:
        here, before, after = window[0], window.get(-1), window.get(1)
        back, forth = (None if other is None else motion(here.frame.sdr, other.frame.sdr) for other in (before, after))
        alphas = []
        for place, layer in enumerate(here.layers):
            alpha = layer.alpha
            if before is not None and after is not None and back is not None and forth is not None:
                alpha = carried_median(before.layers[place].alpha, alpha, after.layers[place].alpha, back, forth)
            alphas.append(alpha)
        return Banded(here, tuple(alphas), tuple(map(self._trimap, alphas)), back, forth)

    def _trimap(self, alpha: Alpha) -> Image8:
        radius = self.radius
        if radius is None:
            radius = round(self.refiner.band.scale * band_radius(alpha.shape[0]))
        return trimap(alpha, radius)

    def _refined(self, clip: Clip, item: Banded) -> Matte:
        frame = item.matte.frame
        # What somebody drew is about one object.
        drawn = None if self.drawn is None or len(item.alphas) > 1 else self.drawn.at(frame.index)
        layers = []
        for layer, alpha, made in zip(item.matte.layers, item.alphas, item.trimaps, strict=True):
            given: Layer = replace(layer, alpha=alpha)
            try:
                layers.append(self.refiner.refine(clip, frame, made if drawn is None else drawn, given))
            except VmatteError:
                raise
            except Exception as error:
                what = f"{type(error).__name__}: {error}"
                raise ModelError(f"the refiner failed at frame {frame.index}: {what}") from error
        return replace(item.matte, layers=tuple(layers))


def _united(window: dict[int, Banded]) -> Banded:
    here = window[0]
    beside = [(window[step], flow) for step, flow in ((-1, here.back), (1, here.forth)) if flow is not None]
    united = (
        carried_union(one, [(other.trimaps[place], flow) for other, flow in beside])
        for place, one in enumerate(here.trimaps)
    )
    return replace(here, trimaps=tuple(united))
