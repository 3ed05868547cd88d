"""A drawn clip with known alpha that moves in every way: it wanders, turns and deforms before a shaking background."""

import cv2
import numpy as np

SIZE = (176, 132)


def alpha(index: int) -> np.ndarray:
    """(H, W) float32: a soft five-lobed disc."""
    x, y = _places(index)
    distance, angle = np.hypot(x, y), np.arctan2(y, x)
    edge = 34 + 5 * np.cos(5 * angle) + 3 * np.sin(2 * angle - 0.5 * index)
    return np.asarray(np.clip((edge - distance) / 2 + 0.5, 0, 1), np.float32)


def picture(index: int) -> np.ndarray:
    """(H, W, 3) uint8, with a little noise."""
    width, height = SIZE
    rng = np.random.default_rng(1)
    coat = cv2.GaussianBlur(rng.uniform(0, 255, (160, 160, 3)).astype(np.float32), (0, 0), 1.5)
    coat = 170 + 3 * (coat - coat.mean())
    wall = cv2.GaussianBlur(rng.uniform(0, 255, (height + 40, width + 40, 3)).astype(np.float32), (0, 0), 1.5)
    wall = 70 + 2 * (wall - wall.mean())
    x, y = (each.astype(np.float32) for each in _places(index))
    worn = cv2.remap(coat, x + 80, y + 80, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    left, top = 20 + 4 * np.sin(0.9 * index), 20 + 3 * np.cos(1.3 * index)
    seen = cv2.getRectSubPix(wall, SIZE, (left + width / 2, top + height / 2))
    part = alpha(index)[..., None]
    noise = np.random.default_rng(index).normal(0, 1.5, seen.shape)
    return np.asarray(np.clip(np.rint(worn * part + seen * (1 - part) + noise), 0, 255), np.uint8)


def _places(index: int) -> tuple[np.ndarray, np.ndarray]:
    """Where every pixel is on the object, px from its middle."""
    width, height = SIZE
    y, x = np.mgrid[:height, :width].astype(np.float64)
    x -= width / 2 + 22 * np.sin(0.28 * index)
    y -= height / 2 + 9 * np.cos(0.4 * index)
    turn = 0.05 * index
    return x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
