"""Light of a green or blue screen taken off the subject, whatever model made the matte: a stage."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vmatte.core.keeping import FORGETFUL, Keeper, noted
from vmatte.core.types import Clip, Layer, Matte, Stream
from vmatte.ops.despill import despilled
from vmatte.ops.screen import screen_score
from vmatte.ops.unit import unit

log = logging.getLogger(__name__)

# Above this a screen is believed in (measured, see `ops.screen`).
_BELIEVED = 0.5


@dataclass(frozen=True)
class Despill:
    """Despills the colours of every layer; comes after the foreground's colours are known.

    Attributes:
        method: A name of `ops.despill.DESPILLS`.
    """

    method: str

    def __call__(self, clip: Clip, mattes: Iterator[Matte], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        channel: int | None = None
        looked = keeper.kept is not None
        if looked:
            (channel,) = keeper.kept
        mattes = noted(mattes, keeper, lambda: (channel,))
        for matte in mattes:
            if not looked:
                looked = True
                score = screen_score([matte.frame.sdr])
                channel = score.channel if score.confidence > _BELIEVED else None
                if channel is None:
                    log.warning("despill: no green or blue screen in the first frame, so colours were left as they are")
            yield (
                matte
                if channel is None
                else replace(matte, layers=tuple(self._clean(matte, layer, channel) for layer in matte.layers))
            )

    def _clean(self, matte: Matte, layer: Layer, channel: int) -> Layer:
        colour = unit(matte.frame.rgb) if layer.colour is None else layer.colour
        return replace(layer, colour=despilled(colour, channel, self.method))
