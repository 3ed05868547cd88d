"""FBA Matting as a refiner: what it does with a picture and its trimap, for video and as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vmatte.core.types import Image8
from vmatte.models.fba import FBASettings
from vmatte.models.fba.encoding import classes, closeness
from vmatte.models.fba.network.model import STRIDE, fused
from vmatte.models.fba.network.weights import load_network
from vmatte.models.image.budget import Appetite
from vmatte.models.image.settings import Procedure
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.models.trimapped.network import Found, NetworkRefiner
from vmatte.ops.unit import Float, floats

# Peak memory beside the weights was measured at 0.8 GB at 960x544 and 2.7 GB at 1920x1080, on a CPU in float32: 1300
# bytes a pixel. A half more for safety.
APPETITE = Appetite(1950)


class FBARecipe:
    """Pictures at their own size, made to fit the network's stride."""

    literal = False

    def __init__(self, settings: FBASettings, path: Path) -> None:
        self._procedure = settings.procedure
        self.network = load_network(path, signatures())
        self.appetite = APPETITE

    def found(self, picture: NDArray[Any], trimap: Image8, device: torch.device) -> Found:
        """Alpha and both colours; each colour is the picture's own where nothing of the other is mixed in."""
        height, width = trimap.shape
        own = picture.astype(np.float32) / np.float32(np.iinfo(picture.dtype).max)
        two = classes(trimap)
        size = (height + -height % STRIDE, width + -width % STRIDE)
        resampled = self._procedure is Procedure.published and size != (height, width)
        fitted = _resampled if resampled else _repeated
        made = self._made(fitted(own, size), fitted(two, size), device)
        if resampled:
            # As published: up by Lanczos, back bilinear.
            made = floats(cv2.resize(made, (width, height), interpolation=cv2.INTER_LINEAR))
        made = made[:height, :width]
        alpha = np.where(two[..., 0] > 0, np.float32(0), np.where(two[..., 1] > 0, np.float32(1), made[..., 0]))
        foreground = np.where(alpha[..., None] == 1, own, made[..., 1:4])
        background = np.where(alpha[..., None] == 0, own, made[..., 4:])
        return Found(np.ascontiguousarray(alpha), foreground, background)

    def _made(self, picture: Float, two: Float, device: torch.device) -> Float:
        """(H, W, 7): alpha, foreground and background, H and W multiples of 8."""
        rgb, close, known = (_tensor(part, device) for part in (picture, closeness(two), two))
        made = torch.cat(fused(self.network(rgb, close, known), rgb), 1)
        return np.ascontiguousarray(made[0].permute(1, 2, 0).cpu().numpy())

    def facts(self) -> dict[str, Any]:
        """The procedure."""
        return {"procedure": self._procedure.value}


def _tensor(part: Float, device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(part.transpose(2, 0, 1)[None])).to(device)


def _repeated(part: Float, size: tuple[int, int]) -> Float:
    below, beside = size[0] - part.shape[0], size[1] - part.shape[1]
    return np.pad(part, ((0, below), (0, beside), (0, 0)), mode="edge")


def _resampled(part: Float, size: tuple[int, int]) -> Float:
    return floats(cv2.resize(part, size[::-1], interpolation=cv2.INTER_LANCZOS4))


def build(settings: ModelSettings, runtime: Runtime) -> NetworkRefiner:
    """The factory the card names."""
    chosen = cast("FBASettings", settings)
    return NetworkRefiner(chosen, runtime, lambda path: FBARecipe(chosen, path))
