"""How much a picture's pixels stray from what was filmed: sensor noise, grain, and what a codec leaves."""

from __future__ import annotations

import cv2
import numpy as np

from vmatte.core.types import Image8

# Takes out whatever is flat or sloped (Immerkaer, Fast Noise Variance Estimation, CVIU 1996); noise of 1 gives 6.
_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_GAIN = 6.0
# The quarter of a normal distribution nearest to 0 ends there: by it the picture's smoothest parts decide, not texture.
_SHARE, _QUANTILE = 0.25, 0.3186


def grain(picture: Image8) -> float:
    """Standard deviation of the noise of an (H, W, 3) uint8 picture, white being 1; 0 for a drawn one.

    >>> noisy = np.random.default_rng(0).normal(128, 2, (64, 64, 3)).round().astype(np.uint8)
    >>> round(255 * grain(noisy), 1), grain(np.zeros((9, 9, 3), np.uint8))
    (2.1, 0.0)
    """
    strays = np.abs(cv2.filter2D(picture.astype(np.float32), cv2.CV_32F, _MASK))
    return float(np.quantile(strays, _SHARE)) / (_QUANTILE * _GAIN * 255)
