"""The working size: what frames are scaled to before the model sees them, and when memory asks for it."""

from __future__ import annotations

# Measured as the growth of peak memory on a CPU in float32 with a full working memory (five frames): 608 MiB at
# 768x432 and 1040 MiB at 1280x720, the network's own 140 MiB not counted; a half more for safety.
_FIXED = 540 * 2**20
_PER_PIXEL = 1150
#: What one memory frame adds, a pixel: 64 + 1 + 256 floats at stride 16.
_PER_MEMORY_PIXEL = 321 * 4 / 256
_USUAL_FRAMES = 5
# Short sides tried when memory is short, among them the sizes people know.
_STEPS = (2160, 1800, 1440, 1080, 900, 720, 576, 480, 432, 360, 288, 240)
_LEAST = 240


def working_size(height: int, width: int, short_side: int) -> tuple[int, int]:
    """(height, width) with that shorter side; frames that are smaller stay as they are.

    >>> working_size(1080, 1920, 720), working_size(480, 640, 720)
    ((720, 1280), (480, 640))
    """
    short = min(height, width)
    if short_side <= 0 or short <= short_side:
        return height, width
    return round(height * short_side / short), round(width * short_side / short)


def bytes_needed(height: int, width: int, memory_frames: int = _USUAL_FRAMES) -> int:
    """Peak memory of the model at this working size, in bytes, generously."""
    pixels = height * width
    return round(_FIXED + pixels * (_PER_PIXEL + (memory_frames - _USUAL_FRAMES) * _PER_MEMORY_PIXEL))


def affordable(height: int, width: int, free: int | None, memory_frames: int = _USUAL_FRAMES) -> int:
    """The longest shorter side that fits into `free` bytes: the frame's own if it can be, and never below 240.

    >>> affordable(1080, 1920, 64 * 2**30), affordable(2160, 3840, 6 * 2**30)
    (1080, 1440)
    """
    short = min(height, width)
    if free is None:
        return short
    for side in (short, *(step for step in _STEPS if step < short)):
        if bytes_needed(*working_size(height, width, side), memory_frames) <= free:
            return side
    return min(short, _LEAST)


def smaller(short_side: int) -> int | None:
    """The next step down, at least a quarter smaller; None when there is none left.

    >>> smaller(1080), smaller(240)
    (720, None)
    """
    return next((step for step in _STEPS if step <= 0.75 * short_side), None)
