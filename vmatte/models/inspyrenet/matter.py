"""InSPyReNet as a model: what it does with tensors, for video and as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch.nn.functional as F
from torch import Tensor

from vmatte.models.image.budget import Appetite
from vmatte.models.image.fitting import restored, squashed, unit
from vmatte.models.image.matter import ImageModel
from vmatte.models.image.settings import Procedure, Stretch, stretch_of
from vmatte.models.image.sizing import AUTO, NATIVE, Sizing, nearest, parsed_size
from vmatte.models.image.stretch import ClipStretched, stretched, stretching
from vmatte.models.inspyrenet import BASES, InSPyReNetSettings
from vmatte.models.inspyrenet.network.pyramid import blended
from vmatte.models.inspyrenet.network.weights import load_network
from vmatte.models.inspyrenet.sizing import STRIDE, dynamic_size, is_blended
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.nets.fold import folded

# Peak memory beside the weights grew by 377 MiB at 384x384 and 1144 MiB at 768x768 on a CPU in float32: 1820 bytes a
# pixel and the rest once. A half more for safety.
APPETITE = Appetite(2700)


class InSPyReNetRecipe:
    """Frames squashed to the square of the training, or in their own shape, or both."""

    def __init__(self, settings: InSPyReNetSettings, path: Path) -> None:
        self._settings = settings
        self._published = settings.procedure is Procedure.published
        self._stretch = stretch_of(settings.procedure, settings.stretch)
        base = settings.base or BASES[settings.name]
        self._square = (base, base)
        self.network = folded(load_network(path, base, signatures()))
        self.appetite = APPETITE

    def sizing(self, height: int, width: int) -> Sizing:
        """The sizes for frames of that size; of the larger pass, where there are two."""
        source = (height, width)
        single = self._square if self._settings.blend or self._settings.size == AUTO else self._large(source)
        return Sizing(source, self._large(source) if self._blends(source) else single)

    def _large(self, source: tuple[int, int]) -> tuple[int, int]:
        if self._settings.size == NATIVE:
            return nearest(source[0], STRIDE), nearest(source[1], STRIDE)
        asked = parsed_size(self._settings.size, STRIDE, self._settings.words)
        return asked or dynamic_size(*source)

    def _blends(self, source: tuple[int, int]) -> bool:
        return self._settings.blend and is_blended(self._large(source))

    def fitted(self, frames: Tensor, sizing: Sizing) -> tuple[Tensor, ...]:
        """Squashed with antialiasing, as published; to the square as well, where there are two passes."""
        large = squashed(frames, sizing.inner)
        if self._blends(sizing.source):
            return large, squashed(frames, self._square)
        return (large,)

    def logits(self, *pictures: Tensor) -> Tensor:
        """Of one picture; or of the second, made sharper by what the first shows."""
        if len(pictures) == 1:
            found: Tensor = self.network(unit(pictures[0]))
            return found
        large, square = (unit(picture) for picture in pictures)
        return blended(self.network(square), self.network.pyramid(large).residuals)

    def restored(self, alpha: Tensor, sizing: Sizing) -> Tensor:
        """Stretched at the network's size, then bilinear; as published, from corner to corner."""
        if self._stretch is Stretch.frame:
            alpha = stretched(alpha)
        if self._published:
            return F.interpolate(alpha, sizing.source, mode="bilinear", align_corners=True)[:, 0].clamp(0, 1)
        return restored(alpha, sizing)

    def facts(self) -> dict[str, Any]:
        """What `auto` turned out to be."""
        return {
            "procedure": self._settings.procedure.value,
            "stretch": self._stretch.value,
            "base": self._square[0],
            "blend": self._settings.blend,
        }


def build(settings: ModelSettings, runtime: Runtime) -> ImageModel | ClipStretched:
    """The factory the cards name."""
    chosen = cast("InSPyReNetSettings", settings)
    return stretching(ImageModel(chosen, runtime, lambda path: InSPyReNetRecipe(chosen, path)), chosen.stretch)
