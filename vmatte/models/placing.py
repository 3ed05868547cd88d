"""What every model with a network begins with: its checkpoint's path, and where and in what numbers it computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch

from vmatte.core.errors import WeightsError
from vmatte.models.registry import ModelSettings, Runtime
from vmatte.nets.device import device_of, dtype_of


class Place(NamedTuple):
    """Where a network computes, and the type of its numbers."""

    device: torch.device
    dtype: torch.dtype

    def facts(self) -> dict[str, Any]:
        """Both as a report says them."""
        return {"device": str(self.device), "precision": str(self.dtype).removeprefix("torch.")}


def placed(runtime: Runtime) -> Place:
    """Where a network computes by what its factory was told.

    Raises:
        ConfigError: There is no such device.
    """
    device = device_of(runtime.device)
    return Place(device, dtype_of(runtime.precision, device))


def weights_of(settings: ModelSettings) -> Path:
    """The path of the checkpoint, which `with_checkpoint` has filled in.

    Raises:
        WeightsError: It has not.
    """
    if settings.weights is None:
        raise WeightsError(f"{settings.name} is without weights: run `vmatte weights fetch {settings.name}`")
    return settings.weights
