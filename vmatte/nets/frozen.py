"""Tensors in kept states: as arrays of their bits, on the CPU, in the order they lie in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vmatte.core.frozen import Kind, add_kind


def _frozen(tensor: Tensor) -> tuple[NDArray[Any], Mapping[str, Any]]:
    held = tensor.detach().cpu()
    # Kernels are chosen by the order in memory, and with them the last bits of a result.
    last = held.dim() == 4 and not held.is_contiguous() and held.is_contiguous(memory_format=torch.channels_last)
    held = held.permute(0, 2, 3, 1) if last else held.contiguous()
    bits = held.clone().view(torch.int16) if held.dtype is torch.bfloat16 else held.clone()
    return bits.numpy(), {"dtype": str(held.dtype).removeprefix("torch."), "channels_last": last}


def _thawed(bits: NDArray[Any], facts: Mapping[str, Any]) -> Tensor:
    tensor = torch.from_numpy(np.array(bits))
    if facts["dtype"] == "bfloat16":
        tensor = tensor.view(torch.bfloat16)
    return tensor.permute(0, 3, 1, 2) if facts["channels_last"] else tensor


add_kind(Kind("tensor", lambda value: isinstance(value, Tensor), _frozen, _thawed))
