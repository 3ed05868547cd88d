"""Runs a network over trimaps: the working size by the memory there is, precision, and what is known stays known."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vmatte.core.errors import ModelError, WeightsError
from vmatte.core.types import Alpha, Band, Clip, Frame, Image8, Layer
from vmatte.models.image.budget import Appetite, bytes_needed
from vmatte.models.registry import Runtime
from vmatte.models.trimapped.settings import TrimapSettings
from vmatte.nets.device import device_of, dtype_of, exact, free_memory, is_out_of_memory, release
from vmatte.nets.loading import channels_last
from vmatte.ops.guided import lifted, upsample
from vmatte.ops.shrink import shrunk, working_size
from vmatte.ops.trimap import UNKNOWN, kept, reduced
from vmatte.ops.unit import Float

logger = logging.getLogger(__name__)

# Of the shorter side, when memory is short; and where that ends.
_STEP, _LEAST = 0.75, 256
# Part of the free memory that is planned with; the rest is for what others take meanwhile.
_SHARE = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a network finds in one picture; all of the picture's size, float32 in [0, 1].

    Attributes:
        alpha: (H, W).
        foreground: (H, W, 3) straight colour, if it estimates that.
        background: (H, W, 3) colour of what is behind, likewise.
    """

    alpha: Alpha
    foreground: Float | None = None
    background: Float | None = None


class Recipe(Protocol):
    """What one network does with a picture and its trimap; where and in what precision is not its affair."""

    @property
    def network(self) -> nn.Module:
        """Its modules, on the CPU; they are moved from there."""

    @property
    def appetite(self) -> Appetite:
        """How much memory it takes."""

    @property
    def literal(self) -> bool:
        """Whether what it says of known pixels stands as well."""

    def found(self, picture: NDArray[Any], trimap: Image8, device: torch.device) -> Found:
        """What it finds in (H, W, 3) integer codes over a trimap of 0, 128 and 255."""

    def facts(self) -> dict[str, Any]:
        """What a report should say of it besides."""


class NetworkRefiner:
    """A Refiner made of a network.

    Networks were trained on bands of 10 to 30 px (ViTMatte's code: 1 to 29), wider than what suits a solver.
    """

    band = Band(scale=2, union=True)

    def __init__(self, settings: TrimapSettings, runtime: Runtime, recipe: Callable[[Path], Recipe]) -> None:
        """Loads the weights.

        Args:
            settings: Of the model.
            runtime: Where and how to compute; `auto` is float32 everywhere, the only precision these were checked in.
            recipe: From the checkpoint's path.

        Raises:
            ConfigError: There is no such device.
            WeightsError: The weights are missing or not this model's.
        """
        if settings.weights is None:
            raise WeightsError(f"{settings.name} is without weights: run `vmatte weights fetch {settings.name}`")
        self.settings = settings
        self.device = device_of(runtime.device)
        self.dtype = dtype_of("fp32" if runtime.precision == "auto" else runtime.precision, self.device)
        self.recipe = recipe(settings.weights)
        channels_last(self.recipe.network).to(self.device)
        self._rows: int | None = None

    def facts(self) -> dict[str, Any]:
        """Device, precision, and the shorter side worked at, 0 for the frame's own, for the report."""
        dtype = str(self.dtype).removeprefix("torch.")
        return {**self.recipe.facts(), "device": str(self.device), "precision": dtype, "short_side": self._rows}

    def refine(self, clip: Clip, frame: Frame, trimap: Image8, layer: Layer | None) -> Layer:
        """The matte of one frame; with colours if the network gives any, at full size, and unless the clip is HDR.

        Raises:
            ModelError: Memory does not suffice for a small picture.
        """
        plain = Layer("subject", kept(np.zeros(trimap.shape, np.float32), trimap))
        if layer is not None:
            plain = replace(layer, alpha=plain.alpha, colour=None, background=None)
        if not self.recipe.literal and not bool((trimap == UNKNOWN).any()):
            return plain
        if self._rows is None:
            self._rows = self._planned(*trimap.shape)
        while True:
            try:
                found = self._found(clip, frame, trimap)
                break
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                self._shrink(frame, error)
        alpha = found.alpha if self.recipe.literal else kept(found.alpha, trimap)
        return replace(plain, alpha=alpha, colour=found.foreground, background=found.background)

    def _found(self, clip: Clip, frame: Frame, trimap: Image8) -> Found:
        height, width = trimap.shape
        size = working_size(height, width, self._rows or 0)
        if size == (height, width):
            # Deeper pictures than 8 bits keep their depth; those of HDR clips are shown as SDR, and give no colours.
            found = self._asked(frame.sdr if clip.colour.hdr else frame.rgb, trimap)
            return Found(found.alpha) if clip.colour.hdr else found
        small = shrunk(frame.sdr, size)
        found = self._asked(small, reduced(trimap, size))
        return Found(upsample(found.alpha, lifted(small), frame.sdr))

    def _asked(self, picture: NDArray[Any], trimap: Image8) -> Found:
        low = self.dtype is not torch.float32
        with (
            torch.inference_mode(),
            exact(),
            torch.autocast(self.device.type, dtype=self.dtype if low else None, enabled=low),
        ):
            return self.recipe.found(picture, trimap, self.device)

    def _planned(self, height: int, width: int) -> int:
        """The shorter side to work at: the user's, or as much as free memory allows; 0 leaves frames as they are."""
        if self.settings.max_size:
            return self.settings.max_size
        short = min(height, width)
        free, gpu, rows = free_memory(self.device), self.device.type != "cpu", short
        while free is not None and rows > _LEAST:
            if bytes_needed(self.recipe.appetite, working_size(height, width, rows), 1, gpu=gpu) <= free * _SHARE:
                break
            rows = max(_LEAST, int(rows * _STEP))
        if rows < short:
            logger.warning(
                "%s works at %d px on the shorter side, as memory does not suffice for %dx%d; its max_size chooses",
                self.settings.name, rows, width, height,
            )  # fmt: skip
        return rows if rows < short else 0

    def _shrink(self, frame: Frame, error: Exception) -> None:
        """After memory ran out: a smaller picture.

        Raises:
            ModelError: There is none.
        """
        release(self.device)
        rows = self._rows or min(frame.sdr.shape[:2])
        if rows <= _LEAST or self.settings.max_size:
            raise ModelError(
                f"out of memory at frame {frame.index}, working at {rows} px on the shorter side: free some, or set "
                "model.max_size to less"
            ) from error
        self._rows = max(_LEAST, int(rows * _STEP))
        logger.warning("out of memory at frame %d: going on at %d px on the shorter side", frame.index, self._rows)
