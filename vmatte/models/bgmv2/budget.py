"""How many frames memory allows at a time."""

from __future__ import annotations

from vmatte.models.bgmv2.settings import RefineMode
from vmatte.models.bgmv2.sizing import Sizing
from vmatte.nets.device import affordable

# PLACEHOLDER
_COARSE = {"mobilenetv2": 2200, "resnet50": 6500, "resnet101": 6500}
_FULL, _REFINED = 120, 700
_FIXED = 256 * 2**20
_FIXED_GPU = 1024 * 2**20
_MOST = 16


def bytes_needed(backbone: str, sizing: Sizing, mode: RefineMode, frames: int, *, gpu: bool = False) -> int:
    """Peak memory for so many frames at once, weights not counted, in bytes, generously."""
    area = sizing.padded[0] * sizing.padded[1]
    coarse = area * sizing.scale**2 * _COARSE[backbone]
    full = area * (_REFINED if mode is RefineMode.full else _FULL)
    return (_FIXED_GPU if gpu else _FIXED) + int(frames * (coarse + full))


def affordable_batch(backbone: str, sizing: Sizing, mode: RefineMode, free: int | None, *, gpu: bool = False) -> int:
    """Frames that fit into `free` bytes, from 1 to 16; 0 when not even one does."""
    return affordable(lambda count: bytes_needed(backbone, sizing, mode, count, gpu=gpu), free, _MOST)
