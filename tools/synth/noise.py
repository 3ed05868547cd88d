"""Smooth random fields: sums of resized random grids, the raw material of every texture and backdrop."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def octaves(
    generator: np.random.Generator,
    size: tuple[int, int],
    count: int = 6,
    coarsest: float = 2.0,
    falloff: float = 0.6,
    stretch: float = 1.0,
) -> Field:
    """A (H, W) field of mean 0 and standard deviation 1 whose detail doubles `count` times.

    Args:
        generator: Source of randomness.
        size: Width and height.
        count: Number of octaves.
        coarsest: Grid cells along the height in the first octave.
        falloff: Amplitude of each octave over the one before.
        stretch: How many times longer features are along x than along y.
    """
    width, height = size
    total = np.zeros((height, width), np.float32)
    for octave in range(count):
        cells = coarsest * 2.0**octave
        rows = max(2, round(cells) + 1)
        columns = max(2, round(cells * width / height / stretch) + 1)
        grid = generator.standard_normal((rows, columns)).astype(np.float32)
        total += np.float32(falloff**octave) * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    field: Field = (total - total.mean()) / np.float32(max(float(total.std()), 1e-6))
    return field


def walk(generator: np.random.Generator, length: int, smooth: float = 2.0) -> Field:
    """A (length,) wandering signal of standard deviation about 1, smoothed over `smooth` samples: hand-held jitter."""
    raw = generator.standard_normal(length + 16).astype(np.float32)[None]
    line = cv2.GaussianBlur(raw, (0, 0), smooth)[0, 8 : 8 + length]
    # White noise blurred by a Gaussian keeps 1 / (2 sqrt(pi) sigma) of its variance.
    signal: Field = line * np.float32(np.sqrt(2 * np.sqrt(np.pi) * smooth))
    return signal
