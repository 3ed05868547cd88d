"""How many frames memory allows at a time."""

from __future__ import annotations

from vmatte.models.bgmv2.settings import RefineMode
from vmatte.models.bgmv2.sizing import Sizing
from vmatte.nets.device import affordable

# Growth of peak memory beside the weights, measured on a CPU in float32: for each pixel that the base network sees 330
# bytes (MobileNetV2) or 410 (ResNet-50), and for each of the frame 150 when patches are refined, 300 when everything
# is. A half more for safety, and 60 a pixel for frame, plate and results.
_COARSE = {"mobilenetv2": 500, "resnet50": 620, "resnet101": 620}
_SAMPLED, _FULL = 290, 510
_FIXED = 128 * 2**20
# Workspaces of the convolutions.
_FIXED_GPU = 1024 * 2**20
# More at once gain nothing: a frame of HD fills a GPU.
_MOST = 16


def bytes_needed(backbone: str, sizing: Sizing, mode: RefineMode, frames: int, *, gpu: bool = False) -> int:
    """Peak memory for so many frames at once, weights not counted, in bytes, generously."""
    area = sizing.padded[0] * sizing.padded[1]
    coarse = area * sizing.scale**2 * _COARSE[backbone]
    full = area * (_FULL if mode is RefineMode.full else _SAMPLED)
    return (_FIXED_GPU if gpu else _FIXED) + int(frames * (coarse + full))


def affordable_batch(backbone: str, sizing: Sizing, mode: RefineMode, free: int | None, *, gpu: bool = False) -> int:
    """Frames that fit into `free` bytes, from 1 to 16; 0 when not even one does."""
    return affordable(lambda count: bytes_needed(backbone, sizing, mode, count, gpu=gpu), free, _MOST)
