"""IS-Net as a model: what it does with tensors, for video and as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch.nn.functional as F
from torch import Tensor

from vmatte.models.image.budget import Appetite
from vmatte.models.image.fitting import cropped, restored, squashed, unit
from vmatte.models.image.matter import ImageModel
from vmatte.models.image.settings import Procedure, Stretch, stretch_of
from vmatte.models.image.sizing import NATIVE, Sizing, parsed_size
from vmatte.models.image.stretch import ClipStretched, stretched, stretching
from vmatte.models.isnet import ISNetSettings
from vmatte.models.isnet.network.weights import load_network
from vmatte.models.isnet.sizing import letterboxed
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.nets.fold import folded

# Peak memory beside the weights grew by 153 MiB at 512x512 and 484 MiB at 1024x1024 on a CPU in float32: 440 bytes a
# pixel and the rest once. A half more for safety.
APPETITE = Appetite(660)
_PUBLISHED = (1024, 1024)
# Of the authors' training; the anime weights were trained on colours as they are.
_MEAN = 0.5


class ISNetRecipe:
    """Frames squashed to a square; those for the anime weights keep their shape in one."""

    def __init__(self, settings: ISNetSettings, path: Path) -> None:
        self._settings = settings
        self._drawn = settings.name == "isnet.anime"
        self._published = settings.procedure is Procedure.published
        stretch = stretch_of(settings.procedure, settings.stretch)
        # The anime project stretches nothing.
        self._stretch = Stretch.none if self._drawn and settings.stretch is Stretch.auto else stretch
        self.network = folded(load_network(path, signatures()))
        self.appetite = APPETITE

    def sizing(self, height: int, width: int) -> Sizing:
        """The sizes for frames of that size."""
        source = (height, width)
        if self._settings.size == NATIVE:
            return Sizing(source, source)
        canvas = parsed_size(self._settings.size, 1) or _PUBLISHED
        return letterboxed(source, canvas) if self._drawn else Sizing(source, canvas)

    def fitted(self, frames: Tensor, sizing: Sizing) -> tuple[Tensor, ...]:
        """Scaled, antialiased but in the published procedure; black around it."""
        pictures = self._sampled(frames, sizing.inner) if self._published else squashed(frames, sizing.inner)
        (top, left), (bottom, right) = sizing.before, sizing.after
        return (F.pad(pictures, (left, right, top, bottom)),)

    def _sampled(self, frames: Tensor, size: tuple[int, int]) -> Tensor:
        """Without antialiasing, and with colours rounded down but for the anime weights."""
        pictures = F.interpolate(frames.float().contiguous(), size, mode="bilinear", align_corners=False)
        return pictures if self._drawn else pictures.floor()

    def logits(self, *pictures: Tensor) -> Tensor:
        """Of the finest stage."""
        image = unit(pictures[0])
        found: Tensor = self.network(image if self._drawn else image - _MEAN)
        return found

    def restored(self, alpha: Tensor, sizing: Sizing) -> Tensor:
        """Bilinear, then stretched."""
        if self._published:
            alpha = F.interpolate(cropped(alpha, sizing), sizing.source, mode="bilinear", align_corners=False)[:, 0]
        else:
            alpha = restored(alpha, sizing)
        return stretched(alpha) if self._stretch is Stretch.frame else alpha.clamp(0, 1)

    def facts(self) -> dict[str, Any]:
        """What `auto` turned out to be."""
        return {"procedure": self._settings.procedure.value, "stretch": self._stretch.value}


def build(settings: ModelSettings, runtime: Runtime) -> ImageModel | ClipStretched:
    """The factory the cards name."""
    chosen = cast("ISNetSettings", settings)
    return stretching(ImageModel(chosen, runtime, lambda path: ISNetRecipe(chosen, path)), chosen.stretch)
