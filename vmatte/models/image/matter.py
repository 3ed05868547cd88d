"""Runs an image model: batches of frames become tensors, logits become mattes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from vmatte.core.errors import ModelError
from vmatte.core.types import Alpha, Frame, Hints, Layer, Matte
from vmatte.models.image.budget import Appetite, affordable_batch, affordable_tile, smaller_tile
from vmatte.models.image.settings import ImageSettings, TiledSettings
from vmatte.models.image.sizing import Sizing
from vmatte.models.image.tiles import tiled
from vmatte.models.placing import placed, weights_of
from vmatte.models.registry import Runtime
from vmatte.nets.device import exact, free_memory, is_out_of_memory, release
from vmatte.nets.loading import channels_last

logger = logging.getLogger(__name__)


class Recipe(Protocol):
    """What one image model does with tensors; where, how many at once and in what precision is not its affair."""

    @property
    def network(self) -> nn.Module:
        """Its modules, on the CPU; they are moved from there."""

    @property
    def appetite(self) -> Appetite:
        """How much memory it takes."""

    def sizing(self, height: int, width: int) -> Sizing:
        """The sizes for frames of that size."""

    def fitted(self, frames: Tensor, sizing: Sizing) -> tuple[Tensor, ...]:
        """From (B, 3, source) uint8 frames to pictures, (B, 3, padded), colours 0..255; a second if it wants two."""

    def logits(self, *pictures: Tensor) -> Tensor:
        """(B, 1, padded) of the pictures on the network's device."""

    def restored(self, alpha: Tensor, sizing: Sizing) -> Tensor:
        """From (B, 1, padded) float32 in 0..1 to (B, source)."""

    def facts(self) -> dict[str, Any]:
        """What a report should say of it besides."""


class ImageModel:
    """A BatchModel whose frames know nothing of each other."""

    overlap = 0

    def __init__(self, settings: ImageSettings, runtime: Runtime, recipe: Callable[[Path], Recipe]) -> None:
        """Loads the weights.

        Args:
            settings: Of the model.
            runtime: Where and how to compute.
            recipe: From the checkpoint's path.

        Raises:
            ConfigError, WeightsError: As in `placed` and `weights_of`, and as the recipe does.
        """
        self.settings = settings
        self.device, self.dtype = self.place = placed(runtime)
        self.recipe = recipe(weights_of(settings))
        channels_last(self.recipe.network).to(self.device)
        self._sizing: Sizing | None = None
        self._asked = settings.tile if isinstance(settings, TiledSettings) else -1
        self._batch, self._tile = max(1, settings.batch), max(0, self._asked)

    @property
    def size(self) -> int:
        """Frames of one call: known once a frame has been seen."""
        return self._batch

    def facts(self) -> dict[str, Any]:
        """Device, precision, and the size, batch and tiles as they turned out, for the report."""
        return {
            **self.place.facts(),
            **self.recipe.facts(),
            "working_size": None if self._sizing is None else self._sizing.padded,
            "batch": self._batch,
            "tile": self._tile,
        }

    def infer(self, frames: Sequence[Frame], hints: Hints) -> Sequence[Matte]:
        """One matte a frame.

        Raises:
            ModelError: Memory does not suffice for one small tile.
        """
        height, width = frames[0].sdr.shape[:2]
        if self._sizing is None or self._sizing.source != (height, width):
            self._sizing = self.recipe.sizing(height, width)
            self._plan(self._sizing)
        found: list[Matte] = []
        while len(found) < len(frames):
            part = frames[len(found) : len(found) + self._batch]
            try:
                alphas = self._alphas(part, self._sizing)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                self._shrink(part[0], self._sizing, error)
                continue
            found += [Matte(frame, (Layer("subject", alpha),)) for frame, alpha in zip(part, alphas, strict=True)]
        return found

    def _alphas(self, frames: Sequence[Frame], sizing: Sizing) -> list[Alpha]:
        stack = torch.stack([torch.from_numpy(frame.sdr) for frame in frames]).permute(0, 3, 1, 2)
        with torch.inference_mode(), exact():
            pictures = [self._moved(picture) for picture in self.recipe.fitted(stack, sizing)]
            alpha = tiled(self._alpha, pictures[0], self._tile) if self._tile else self._alpha(*pictures)
            return [one.cpu().numpy() for one in self.recipe.restored(alpha, sizing)]

    def _moved(self, picture: Tensor) -> Tensor:
        if self.device.type == "cuda":
            picture = picture.pin_memory()
        return picture.to(self.device, non_blocking=True)

    def _alpha(self, *pictures: Tensor) -> Tensor:
        """(B, 3, H, W) pictures to (B, 1, H, W) float32 in 0..1."""
        low = self.dtype is not torch.float32
        with torch.autocast(self.device.type, dtype=self.dtype if low else None, enabled=low):
            logits = self.recipe.logits(*pictures)
        return logits.float().sigmoid()

    def _plan(self, sizing: Sizing) -> None:
        """Chooses batch and tiles by the memory that is free, where the user leaves it open."""
        free, gpu, appetite = free_memory(self.device), self.device.type != "cpu", self.recipe.appetite
        if self._asked == 0:
            self._tile = affordable_tile(appetite, sizing.padded, free, gpu=gpu)
            if self._tile:
                logger.warning(
                    "working in tiles of %d px, as memory does not suffice for %dx%d at once; set model.tile or "
                    "model.size to choose",
                    self._tile, sizing.padded[1], sizing.padded[0],
                )  # fmt: skip
        if self.settings.batch == 0 and gpu:
            seen = (self._tile, self._tile) if self._tile else sizing.padded
            self._batch = max(1, affordable_batch(appetite, seen, free, gpu=gpu))

    def _shrink(self, frame: Frame, sizing: Sizing, error: Exception) -> None:
        """After memory ran out: half the batch, then tiles, then smaller ones.

        Raises:
            ModelError: There is nothing smaller.
        """
        release(self.device)
        if self._batch > 1:
            self._batch //= 2
            logger.warning("out of memory at frame %d: going on with %d frames at once", frame.index, self._batch)
            return
        side = None if self._asked < 0 else smaller_tile(self._tile or max(sizing.padded))
        if side is None:
            height, width = sizing.padded
            raise ModelError(
                f"out of memory at frame {frame.index}, working at {width}x{height}"
                f"{f' in tiles of {self._tile} px' if self._tile else ''}: free some, or set model.size to less"
            ) from error
        self._tile = side
        logger.warning("out of memory at frame %d: going on in tiles of %d px", frame.index, side)
