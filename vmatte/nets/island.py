"""Parts that stay in float32 while the rest of a network runs in a lower precision."""

from __future__ import annotations

import torch
from torch import Tensor


def island(tensor: Tensor) -> torch.autocast:
    """A context in which autocast is off on the tensor's device; what enters must be made float32 by the caller."""
    return torch.autocast(tensor.device.type, enabled=False)


def wide(tensor: Tensor) -> Tensor:
    """The tensor in float32, unless it is more exact than that."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))
