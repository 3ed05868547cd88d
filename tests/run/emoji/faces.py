"""A face that bobs and blinks, with alpha, as a folder of frames: what stickers are made of."""

from pathlib import Path

import cv2
import numpy as np

from vmatte.core.types import Image8
from vmatte.io.images import write_png

PERIOD = 12


def face(index: int, size: int = 96, period: int = PERIOD) -> Image8:
    """(size, size, 4) straight RGBA; it looks alike every `period` frames."""
    phase = 2 * np.pi * index / period
    fine = np.zeros((4 * size, 4 * size, 4), np.uint8)
    centre = (round(size * (2 + 0.5 * np.sin(phase))), round(size * (2 + 0.3 * np.cos(phase))))
    cv2.circle(fine, centre, round(1.25 * size), (40, 30, 20, 255), -1, cv2.LINE_AA)
    cv2.circle(fine, centre, round(1.1 * size), (250, 190, 60, 255), -1, cv2.LINE_AA)
    for side in (-1, 1):
        eye = (centre[0] + round(side * 0.4 * size), centre[1] - round(0.2 * size))
        cv2.ellipse(
            fine, eye, (size // 5, round(size * (0.16 + 0.1 * np.cos(phase)))), 0, 0, 360, (40, 30, 20, 255), -1
        )
    alpha = fine[..., 3:].astype(np.float32) / 255
    small = cv2.resize(
        np.concatenate([fine[..., :3] * alpha, 255 * alpha], 2), (size, size), interpolation=cv2.INTER_AREA
    )
    straight = small[..., :3] * 255 / np.maximum(small[..., 3:], 1)
    return np.asarray(np.clip(np.rint(np.dstack([straight, small[..., 3]])), 0, 255), np.uint8)


def folder(path: Path, count: int = PERIOD, size: int = 96) -> Path:
    """Writes frames as PNG with alpha."""
    path.mkdir()
    for index in range(count):
        write_png(path / f"{index:04d}.png", face(index, size))
    return path


def sheet(path: Path, columns: int, rows: int, count: int) -> Path:
    """Writes frames side by side; what is left over stays clear."""
    size = 48
    cells = np.zeros((rows, columns, size, size, 4), np.uint8)
    for index in range(count):
        cells[index // columns, index % columns] = face(index, size)
    write_png(path, np.ascontiguousarray(cells.transpose(0, 2, 1, 3, 4).reshape(rows * size, columns * size, 4)))
    return path
