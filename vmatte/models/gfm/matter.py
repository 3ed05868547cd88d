"""GFM as a model: what it does with tensors, by its authors' two strategies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch.nn.functional as F
from torch import Tensor

from vmatte.models.gfm import GFMSettings
from vmatte.models.gfm.network.encoder import Trunk
from vmatte.models.gfm.network.fusion import KINDS, Kind, fused, glanced
from vmatte.models.gfm.network.weights import load_network
from vmatte.models.gfm.settings import Strategy
from vmatte.models.gfm.sizing import FOCUS, GLANCE, STRIDE, part
from vmatte.models.image.budget import Appetite
from vmatte.models.image.fitting import restored, squashed
from vmatte.models.image.matter import ImageModel
from vmatte.models.image.sizing import AUTO, NATIVE, Sizing, nearest, parsed_size
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.nets.fold import folded

# Peak memory beside the weights on a CPU in float32: 244 MiB at 640x640 (r34), 491 at 256x256 (r34-2b), 108 at 320x320
# (d121), that is 630, 7900 and 1100 bytes a pixel at the most. A half more for safety. The decoders of r101 have four
# times the channels of r34's.
APPETITES: dict[Trunk, Appetite] = {
    "r34": Appetite(1000),
    "r34-2b": Appetite(12000),
    "r101": Appetite(4000),
    "d121": Appetite(1700),
}
# By the card's name: the trunk, and what the heads were trained for.
_BUILT: dict[str, tuple[Trunk, Sequence[Kind]]] = {
    "gfm.r34": ("r34", ("tt",)),
    "gfm.r34-ft": ("r34", ("ft",)),
    "gfm.r34-bt": ("r34", ("bt",)),
    "gfm.r34-2b": ("r34-2b", ("tt",)),
    "gfm.r101": ("r101", ("tt",)),
    "gfm.d121": ("d121", ("tt",)),
    "gfm.d121-rim": ("d121", KINDS),
}


class GFMRecipe:
    """Frames at a part of their size, squashed to multiples of 32; looked at once or twice."""

    def __init__(self, settings: GFMSettings, path: Path) -> None:
        self._settings = settings
        trunk, self._kinds = _BUILT[settings.name]
        merged = len(self._kinds) > 1
        once = merged or settings.size != AUTO or settings.strategy is Strategy.resize
        self._strategy = Strategy.resize if once else Strategy.hybrid
        self._part = GLANCE if merged else FOCUS
        self._source = (0, 0)
        self.network = folded(load_network(path, trunk, self._kinds, signatures()))
        self.appetite = APPETITES[trunk]

    def sizing(self, height: int, width: int) -> Sizing:
        """The sizes for frames of that size; of the larger look, where there are two."""
        self._source = (height, width)
        if self._settings.size == NATIVE:
            return Sizing(self._source, (nearest(height, STRIDE), nearest(width, STRIDE)))
        asked = parsed_size(self._settings.size, STRIDE)
        return Sizing(self._source, asked or part(height, width, self._part))

    def fitted(self, frames: Tensor, sizing: Sizing) -> tuple[Tensor, ...]:
        """Squashed with antialiasing, which is nearest to the authors' scaling of those that torch has."""
        focus = squashed(frames, sizing.inner)
        if self._strategy is Strategy.resize:
            return (focus,)
        return focus, squashed(frames, part(*sizing.source, GLANCE))

    def logits(self, *pictures: Tensor) -> Tensor:
        """Of the matte, infinite where the glance is sure; at the source's size where there are two looks."""
        seen = [picture.float() for picture in pictures]
        matte = self.network(seen[0]) if len(seen) == 1 else self._hybrid(*seen)
        return matte.float().logit()

    def _hybrid(self, large: Tensor, small: Tensor) -> Tensor:
        """A glance at the small picture and a focus on the large one, both enlarged before they are fused."""
        (kind,) = self._kinds
        ((glance, _),), ((_, focus),) = self.network.heads(small), self.network.heads(large)
        level, edge = (
            F.interpolate(one.float(), self._source, mode="bilinear", align_corners=False)
            for one in (glanced(glance, kind), focus.sigmoid())
        )
        return fused(level, edge, kind)

    def restored(self, alpha: Tensor, sizing: Sizing) -> Tensor:
        """Bilinear, unless it has the source's size already."""
        return alpha[:, 0] if alpha.shape[2:] == sizing.source else restored(alpha, sizing)

    def facts(self) -> dict[str, Any]:
        """What `auto` turned out to be."""
        return {"strategy": self._strategy.value}


def build(settings: ModelSettings, runtime: Runtime) -> ImageModel:
    """The factory the cards name; in float32 unless another precision is asked for, as the glance is all or nothing."""
    chosen = cast("GFMSettings", settings)
    if runtime.precision == "auto":
        runtime = replace(runtime, precision="fp32")
    return ImageModel(chosen, runtime, lambda path: GFMRecipe(chosen, path))
