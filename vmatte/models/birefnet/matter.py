"""BiRefNet as a model: what it does with tensors."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, cast

from torch import Tensor

from vmatte.models.birefnet import BiRefNetSettings
from vmatte.models.birefnet.network.weights import load_network
from vmatte.models.birefnet.sizing import sizing
from vmatte.models.birefnet.variants import VARIANTS, PatchOrder
from vmatte.models.image.budget import Appetite
from vmatte.models.image.fitting import repeated, restored, squashed, unit
from vmatte.models.image.matter import ImageModel
from vmatte.models.image.sizing import Sizing
from vmatte.models.registry import ModelSettings, Runtime, signatures

logger = logging.getLogger(__name__)

# Growth of peak memory beside the weights, measured on a CPU in float32: Swin-L 363 MiB at 512x512 and 816 MiB at
# 1024x1024, Swin-T 247 and 614 MiB; that is 604 and 489 bytes a pixel and the rest once. A half more for safety.
APPETITES = {"large": Appetite(900), "tiny": Appetite(730)}


class BiRefNetRecipe:
    """Frames squashed to the published size, or padded to whole strides."""

    def __init__(self, settings: BiRefNetSettings, path: Path) -> None:
        self._settings, self._variant = settings, VARIANTS[settings.name]
        self._order = self._variant.order if settings.patch_order is PatchOrder.auto else settings.patch_order
        logger.info("%s: patch order %s", settings.name, self._order.value)
        self.network = load_network(path, self._variant.backbone, self._order, signatures())
        self.appetite = APPETITES[self._variant.backbone]

    def sizing(self, height: int, width: int) -> Sizing:
        """The sizes for frames of that size."""
        return sizing(self._settings.size, self._variant.size, height, width)

    def fitted(self, frames: Tensor, sizing: Sizing) -> tuple[Tensor, ...]:
        """Squashed with antialiasing, as published; padding repeats the last row and column."""
        return (repeated(squashed(frames, sizing.inner), sizing),)

    def logits(self, *pictures: Tensor) -> Tensor:
        """Of one picture."""
        (picture,) = pictures
        found: Tensor = self.network(unit(picture))
        return found

    def restored(self, alpha: Tensor, sizing: Sizing) -> Tensor:
        """Bilinear."""
        return restored(alpha, sizing)

    def facts(self) -> dict[str, Any]:
        """The patch order."""
        return {"patch_order": self._order.value}


def build(settings: ModelSettings, runtime: Runtime) -> ImageModel:
    """The factory the cards name."""
    chosen = cast("BiRefNetSettings", settings)
    return ImageModel(chosen, runtime, lambda path: BiRefNetRecipe(chosen, path))
