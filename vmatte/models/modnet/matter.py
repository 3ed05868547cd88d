"""MODNet as a model: what it does with tensors, for video and as published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch.nn.functional as F
from torch import Tensor

from vmatte.models.image.budget import Appetite
from vmatte.models.image.fitting import restored, squashed, unit
from vmatte.models.image.matter import ImageModel
from vmatte.models.image.settings import Procedure
from vmatte.models.image.sizing import NATIVE, Sizing, nearest, parsed_size
from vmatte.models.modnet import MODNetSettings
from vmatte.models.modnet.network.weights import load_network
from vmatte.models.modnet.sizing import STRIDE, published_size, video_size
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.nets.fold import folded

# Peak memory beside the weights grew by 214 MiB at 512x512 and 613 MiB at 1024x1024 on a CPU in float32: 530 bytes a
# pixel and the rest once. A half more for safety.
APPETITE = Appetite(800)


class MODNetRecipe:
    """Frames at about 512 px, never padded and never cut: each pixel is judged by the whole frame."""

    def __init__(self, settings: MODNetSettings, path: Path) -> None:
        self._settings = settings
        self._published = settings.procedure is Procedure.published
        # A twentieth less time on one core at 512 px.
        self.network = folded(load_network(path, signatures()))
        self.appetite = APPETITE

    def sizing(self, height: int, width: int) -> Sizing:
        """The sizes for frames of that size."""
        rule = published_size if self._published else video_size
        if self._settings.size == NATIVE:
            inner = (nearest(height, STRIDE), nearest(width, STRIDE))
        else:
            inner = parsed_size(self._settings.size, STRIDE) or rule(height, width)
        return Sizing((height, width), inner)

    def fitted(self, frames: Tensor, sizing: Sizing) -> tuple[Tensor, ...]:
        """Scaled: by area as published, else bilinear with antialiasing."""
        if self._published:
            return (F.interpolate(frames.float(), sizing.inner, mode="area"),)
        return (squashed(frames, sizing.inner),)

    def logits(self, *pictures: Tensor) -> Tensor:
        """Of one picture."""
        found: Tensor = self.network(unit(pictures[0]) * 2 - 1)
        return found

    def restored(self, alpha: Tensor, sizing: Sizing) -> Tensor:
        """By area as published, which shows the network's pixels as blocks; else bilinear."""
        if self._published:
            return F.interpolate(alpha, sizing.source, mode="area")[:, 0]
        return restored(alpha, sizing)

    def facts(self) -> dict[str, Any]:
        """The procedure."""
        return {"procedure": self._settings.procedure.value}


def build(settings: ModelSettings, runtime: Runtime) -> ImageModel:
    """The factory the cards name; in float32 unless another precision is asked for, which moves mattes by 4 %."""
    chosen = cast("MODNetSettings", settings)
    if runtime.precision == "auto":
        runtime = replace(runtime, precision="fp32")
    return ImageModel(chosen, runtime, lambda path: MODNetRecipe(chosen, path))
