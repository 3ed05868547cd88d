"""Where a network runs and in what precision, and how much memory there is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

import vmatte.nets.frozen  # noqa: F401  whoever runs on a device has tensors in its memory
from vmatte.core.errors import ConfigError

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
# What allocators say, besides raising torch.OutOfMemoryError: the CPU's and Metal's raise a plain RuntimeError.
_FULL = ("out of memory", "can't allocate memory", "not enough memory")

# Part of the free memory that is planned with; the rest is for what others take meanwhile.
_SHARE = 0.8


def device_of(name: str) -> torch.device:
    """The device a user named; `auto` takes CUDA, then Metal, then the CPU.

    Raises:
        ConfigError: This machine, or this build of PyTorch, has no such device.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(kind for kind, found in there.items() if found)
    if not there.get(name, False):
        raise ConfigError(
            f"device {name}: PyTorch {torch.__version__} finds none on this machine; take --device auto, or install "
            "a build of PyTorch for it"
        )
    return torch.device(name)


def cuda_names() -> list[str]:
    """Names of the CUDA devices that this process sees, in their order."""
    return [torch.cuda.get_device_name(place) for place in range(torch.cuda.device_count())]


def dtype_of(precision: str, device: torch.device) -> torch.dtype:
    """The number format of a precision setting; `auto` is float16 on CUDA, as published scripts do, else float32."""
    if precision == "auto":
        return torch.float16 if device.type == "cuda" else torch.float32
    return _DTYPES[precision]


@contextmanager
def exact() -> Iterator[None]:
    """A context in which float32 convolutions on CUDA keep all their bits: by default they may round to TF32's ten."""
    if not torch.cuda.is_available():
        yield
        return
    with torch.backends.cudnn.flags(allow_tf32=False):
        yield


def free_memory(device: torch.device) -> int | None:
    """Bytes that can still be had on a device; None where nobody says."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free) + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory())
    with suppress(OSError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        held = next((line for line in lines if line.startswith("MemAvailable:")), None)
        if held:
            return int(held.split()[1]) * 1024
    try:
        return int(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (ValueError, OSError, AttributeError):
        return None


def affordable(needed: Callable[[int], int], free: int | None, most: int) -> int:
    """How many frames at once fit into free memory, from 1 to `most`; 0 when not even one does.

    Args:
        needed: Bytes for that many.
        free: Bytes as `free_memory` tells them; None plans with one frame.
        most: More than that at once gain nothing.

    >>> affordable(lambda count: 100 * count, 1000, 16), affordable(lambda count: 100 * count, 99, 16)
    (8, 0)
    """
    if free is None:
        return 1
    room = int(free * _SHARE)
    return next((count for count in range(most, 0, -1) if needed(count) <= room), 0)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that a device's memory, or the machine's, is used up."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _FULL)


def release(device: torch.device) -> None:
    """Gives cached blocks back, before something smaller is tried."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
