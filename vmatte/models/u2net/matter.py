"""U2-Net as a model: what it does with tensors, for video and as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from vmatte.models.image.budget import Appetite
from vmatte.models.image.fitting import restored, squashed, unit
from vmatte.models.image.matter import ImageModel
from vmatte.models.image.settings import Procedure, Stretch, stretch_of
from vmatte.models.image.sizing import NATIVE, Sizing, parsed_size
from vmatte.models.image.stretch import ClipStretched, stretched, stretching
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.models.u2net import U2NetSettings
from vmatte.models.u2net.network.weights import load_network
from vmatte.models.u2net.settings import Gain
from vmatte.nets.fold import folded

# Peak memory beside the weights grew by 175 MiB at 320x320 and 781 MiB at 640x640 on a CPU in float32, a little less in
# the small network: 2070 bytes a pixel. A half more for safety.
APPETITE = Appetite(3100)
# The authors ask for the size of the training.
_PUBLISHED = (320, 320)
# A frame of black has no largest value to divide by; rembg's guard.
_DARK = 1e-6


class U2NetRecipe:
    """Frames squashed to a square."""

    def __init__(self, settings: U2NetSettings, path: Path) -> None:
        self._settings = settings
        self._published = settings.procedure is Procedure.published
        self._gain = settings.gain if settings.gain is not Gain.auto else Gain.frame if self._published else Gain.none
        self._stretch = stretch_of(settings.procedure, settings.stretch)
        # A twelfth less time on one core at 320 px.
        self.network = folded(load_network(path, "small" if settings.name == "u2net.small" else "full", signatures()))
        self.appetite = APPETITE

    def sizing(self, height: int, width: int) -> Sizing:
        """The sizes for frames of that size; shape is not kept."""
        source = (height, width)
        if self._settings.size == NATIVE:
            return Sizing(source, source)
        return Sizing(source, parsed_size(self._settings.size, 1) or _PUBLISHED)

    def fitted(self, frames: Tensor, sizing: Sizing) -> tuple[Tensor, ...]:
        """Squashed; float, brighter by the gain, where frames are divided by their largest value."""
        pictures = rimmed(frames, sizing.inner) if self._published else squashed(frames, sizing.inner)
        return (brightened(pictures) if self._gain is Gain.frame else pictures,)

    def logits(self, *pictures: Tensor) -> Tensor:
        """Of the subject; where the network knows several, of anything but the first, the background."""
        logits: Tensor = self.network(unit(pictures[0])).float()
        if logits.shape[1] == 1:
            return logits
        return logits[:, 1:].logsumexp(1, keepdim=True) - logits[:, :1]

    def restored(self, alpha: Tensor, sizing: Sizing) -> Tensor:
        """Stretched at the network's size, then bilinear."""
        return restored(stretched(alpha) if self._stretch is Stretch.frame else alpha, sizing)

    def facts(self) -> dict[str, Any]:
        """What `auto` turned out to be."""
        return {"procedure": self._settings.procedure.value, "stretch": self._stretch.value, "gain": self._gain.value}


def rimmed(frames: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, 3, H, W) uint8 as float32 of (height, width), bilinear without antialiasing, black outside the picture.

    That is what `skimage.transform.resize` of the time did: where pictures grow, their rim is mixed with black.
    """
    pictures = frames.float()
    if pictures.shape[2:] == size:
        return pictures
    same = torch.eye(2, 3).expand(len(pictures), 2, 3)
    grid = F.affine_grid(same, [*pictures.shape[:2], *size], align_corners=False)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def brightened(pictures: Tensor) -> Tensor:
    """Each picture so that its largest value is 255."""
    pictures = pictures.float()
    return pictures * (255 / pictures.amax((1, 2, 3), keepdim=True).clamp_min(255 * _DARK))


def build(settings: ModelSettings, runtime: Runtime) -> ImageModel | ClipStretched:
    """The factory the cards name."""
    chosen = cast("U2NetSettings", settings)
    return stretching(ImageModel(chosen, runtime, lambda path: U2NetRecipe(chosen, path)), chosen.stretch)
