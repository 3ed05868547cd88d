"""A quick clip with known truth: a textured disc that moves over a textured background."""

from __future__ import annotations

import cv2
import numpy as np


def texture(height, width, colour, seed, contrast=50):
    """Smooth coloured noise about a colour, (H, W, 3) float32."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (height, width, 3)).astype(np.float32), (0, 0), 2)
    return np.clip(np.float32(colour) + contrast * noise / noise.std() / 3, 0, 255).astype(np.float32)


def disc_clip(frames=6, height=96, width=128, speed=(3, 1), radius=20, start=(45, 45)):
    """Frames (H, W, 3) uint8 and true alphas (H, W) float32."""
    back = texture(height, width, (60, 90, 150), 1)
    fore = texture(height, width, (190, 90, 60), 2)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    pictures, alphas = [], []
    for n in range(frames):
        x, y = start[0] + speed[0] * n, start[1] + speed[1] * n
        alpha = np.clip(radius + 0.5 - np.hypot(columns - x, rows - y), 0, 1).astype(np.float32)
        moved = np.roll(fore, (speed[1] * n, speed[0] * n), (0, 1))
        picture = alpha[..., None] * moved + (1 - alpha[..., None]) * back
        pictures.append(np.rint(picture).astype(np.uint8))
        alphas.append(alpha)
    return pictures, alphas


def mask_of(alpha):
    return (alpha >= 0.5).astype(np.uint8) * 255
