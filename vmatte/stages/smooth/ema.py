"""The plain exponential average: simple, and late wherever something moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from vmatte.core.errors import ConfigError
from vmatte.core.keeping import FORGETFUL, Keeper, noted
from vmatte.core.types import Alpha, Clip, Layer, Matte, Stream


@dataclass(frozen=True)
class Ema:
    """out = keep * the last out + (1 - keep) * the matte. A Stage.

    Attributes:
        keep: In [0, 1); 0.5 trails by a third of a frame, 0.8 by nearly two.
    """

    keep: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.keep < 1:
            raise ConfigError(f"smoothing.keep is {self.keep}: use a share from 0 up to, but not including, 1")

    def __call__(self, clip: Clip, mattes: Iterator[Matte], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        last: dict[str, Alpha] = keeper.kept or {}
        mattes = noted(mattes, keeper, lambda: last)
        for matte in mattes:
            layers = tuple(self._averaged(layer, last.get(layer.name)) for layer in matte.layers)
            last = {layer.name: layer.alpha for layer in layers}
            yield replace(matte, layers=layers)

    def _averaged(self, layer: Layer, last: Alpha | None) -> Layer:
        if last is None or last.shape != layer.alpha.shape:
            return layer
        # In this form a matte that does not change comes out as it is, to the last bit.
        return replace(layer, alpha=layer.alpha + np.float32(self.keep) * (last - layer.alpha))
