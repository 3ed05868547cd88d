"""BiRefNet as a model: batches of frames become tensors, logits become mattes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor

from vmatte.core.errors import ModelError, WeightsError
from vmatte.core.types import Alpha, Frame, Hints, Layer, Matte
from vmatte.models.birefnet import BiRefNetSettings
from vmatte.models.birefnet.budget import affordable_batch, affordable_tile, smaller_tile
from vmatte.models.birefnet.fitting import fitted, restored
from vmatte.models.birefnet.network.weights import load_network
from vmatte.models.birefnet.sizing import Sizing, sizing
from vmatte.models.birefnet.tiles import tiled
from vmatte.models.birefnet.variants import VARIANTS, PatchOrder
from vmatte.models.registry import ModelSettings, Runtime, signatures
from vmatte.nets.device import device_of, dtype_of, exact, free_memory, is_out_of_memory, release
from vmatte.nets.loading import channels_last

logger = logging.getLogger(__name__)


class BiRefNetModel:
    """A BatchModel whose frames know nothing of each other."""

    overlap = 0

    def __init__(self, settings: BiRefNetSettings, runtime: Runtime) -> None:
        """Loads the weights.

        Raises:
            ConfigError: There is no such device.
            WeightsError: The weights are missing or not this model's.
        """
        if settings.weights is None:
            raise WeightsError(f"{settings.name} is without weights: run `vmatte weights fetch {settings.name}`")
        self.settings, self.variant = settings, VARIANTS[settings.name]
        self.device = device_of(runtime.device)
        self.dtype = dtype_of(runtime.precision, self.device)
        self.order = self.variant.order if settings.patch_order is PatchOrder.auto else settings.patch_order
        logger.info("%s: patch order %s", settings.name, self.order.value)
        network = load_network(settings.weights, self.variant.backbone, self.order, signatures())
        self.network = channels_last(network).to(self.device)
        self._sizing: Sizing | None = None
        self._batch, self._tile = max(1, settings.batch), max(0, settings.tile)

    @property
    def size(self) -> int:
        """Frames of one call: known once a frame has been seen."""
        return self._batch

    def facts(self) -> dict[str, Any]:
        """Device, precision, patch order, and the size, batch and tiles as they turned out, for the report."""
        return {
            "device": str(self.device),
            "precision": str(self.dtype).removeprefix("torch."),
            "patch_order": self.order.value,
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
            self._sizing = sizing(self.settings.size, self.variant.size, height, width)
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
        pictures = fitted([frame.sdr for frame in frames], sizing)
        if self.device.type == "cuda":
            pictures = pictures.pin_memory()
        pictures = pictures.to(self.device, non_blocking=True)
        with torch.inference_mode(), exact():
            alpha = tiled(self._alpha, pictures, self._tile) if self._tile else self._alpha(pictures)
            return [one.cpu().numpy() for one in restored(alpha, sizing)]

    def _alpha(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) uint8 to (B, 1, H, W) float32 in 0..1."""
        low = self.dtype is not torch.float32
        with torch.autocast(self.device.type, dtype=self.dtype if low else None, enabled=low):
            logits: Tensor = self.network(pictures.float().div_(255).contiguous(memory_format=torch.channels_last))
        return logits.float().sigmoid()

    def _plan(self, sizing: Sizing) -> None:
        """Chooses batch and tiles by the memory that is free, where the user leaves it open."""
        free, gpu = free_memory(self.device), self.device.type != "cpu"
        if self.settings.tile == 0:
            self._tile = affordable_tile(self.variant, sizing.padded, free, gpu=gpu)
            if self._tile:
                logger.warning(
                    "working in tiles of %d px, as memory does not suffice for %dx%d at once; set model.tile or "
                    "model.size to choose",
                    self._tile, sizing.padded[1], sizing.padded[0],
                )  # fmt: skip
        if self.settings.batch == 0 and gpu:
            seen = (self._tile, self._tile) if self._tile else sizing.padded
            self._batch = max(1, affordable_batch(self.variant, seen, free, gpu=gpu))

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
        side = None if self.settings.tile < 0 else smaller_tile(self._tile or max(sizing.padded))
        if side is None:
            height, width = sizing.padded
            raise ModelError(
                f"out of memory at frame {frame.index}, working at {width}x{height}"
                f"{f' in tiles of {self._tile} px' if self._tile else ''}: free some, or set model.size to less"
            ) from error
        self._tile = side
        logger.warning("out of memory at frame %d: going on in tiles of %d px", frame.index, side)


def build(settings: ModelSettings, runtime: Runtime) -> BiRefNetModel:
    """The factory the cards name."""
    return BiRefNetModel(cast("BiRefNetSettings", settings), runtime)
