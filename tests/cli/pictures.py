"""Folders of pictures for the command line, and the mattes it leaves."""

from pathlib import Path

import cv2
import numpy as np


def folder(path: Path, *pictures: np.ndarray) -> str:
    """Writes (H, W, 3) uint8 pictures as numbered PNGs; the folder's name."""
    path.mkdir()
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(path / f"{number:04}.png"), picture[..., ::-1])
    return path.name


def matte(path: Path) -> np.ndarray:
    """A 16-bit matte in 0..1, float64."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    assert pixels.dtype == np.uint16
    return pixels.astype(np.float64) / 65535
