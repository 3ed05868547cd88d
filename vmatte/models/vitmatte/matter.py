"""ViTMatte as a refiner: what it does with a picture and its trimap, for video and as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from vmatte.core.types import Image8
from vmatte.models.image.budget import Appetite
from vmatte.models.image.settings import Procedure
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.models.trimapped.network import Found, NetworkRefiner
from vmatte.models.vitmatte.network.weights import load_network
from vmatte.models.vitmatte.settings import ViTMatteSettings
from vmatte.nets.imagenet import normalised

#: Sides that the network is given are multiples of this.
STRIDE = 32
# Peak memory beside the weights was measured at 2.7 GB (s) and 2.8 GB (b) at 1920x1080, on a CPU in float32: 1350 bytes
# a pixel. A half more for safety.
APPETITE = Appetite(2030)


class ViTMatteRecipe:
    """Pictures at their own size, zeros added on the right and below."""

    def __init__(self, settings: ViTMatteSettings, path: Path) -> None:
        self._settings = settings
        self.literal = settings.procedure is Procedure.published
        # `vitmatte.s-distinctions` is a small one.
        size = settings.name.partition(".")[2][0]
        self.network = load_network(path, size, settings.attention, signatures())
        self.appetite = APPETITE

    def found(self, picture: NDArray[Any], trimap: Image8, device: torch.device) -> Found:
        """The matte. The trimap goes in beside the colours as 0, 128/255 and 1."""
        height, width = trimap.shape
        colours = picture.astype(np.float32) / np.float32(np.iinfo(picture.dtype).max)
        rgb = torch.from_numpy(np.ascontiguousarray(colours.transpose(2, 0, 1)[None])).to(device)
        known = torch.from_numpy(trimap / np.float32(255))[None, None].to(device)
        below, beside = added(height, width, as_published=self.literal)
        # Zeros, after the colours were normalised: their mean, and background.
        seen = F.pad(torch.cat((normalised(rgb), known), 1), (0, beside, 0, below))
        alpha = self.network(pixel_values=seen).alphas
        return Found(alpha[0, 0, :height, :width].float().cpu().contiguous().numpy())

    def facts(self) -> dict[str, Any]:
        """The procedure, and the kind of attention that was asked for."""
        return {"procedure": self._settings.procedure.value, "attention": self._settings.attention.value}


def added(height: int, width: int, *, as_published: bool) -> tuple[int, int]:
    """Rows below and columns on the right.

    >>> added(1080, 1920, as_published=False), added(1080, 1920, as_published=True), added(64, 96, as_published=True)
    ((8, 0), (8, 32), (0, 0))
    """
    below, beside = -height % STRIDE, -width % STRIDE
    if as_published and (below or beside):
        return below or STRIDE, beside or STRIDE
    return below, beside


def build(settings: ModelSettings, runtime: Runtime) -> NetworkRefiner:
    """The factory the cards name."""
    chosen = cast("ViTMatteSettings", settings)
    return NetworkRefiner(chosen, runtime, lambda path: ViTMatteRecipe(chosen, path))
