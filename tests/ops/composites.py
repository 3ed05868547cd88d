"""Drawn pictures whose alpha, foreground and background are known."""

from __future__ import annotations

import cv2
import numpy as np


def texture(rng, height, width):
    """Smooth random colours in [0, 1]."""
    total = np.full((height, width, 3), 0.5, np.float32)
    for octave in range(1, 5):
        grid = rng.random((2**octave, 2**octave, 3)).astype(np.float32) - 0.5
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * 0.7**octave
    return np.clip(total, 0, 1)


def hairy(rng, height, width, strands=150):
    """Alpha of a disc with strands."""
    drawn = np.zeros((2 * height, 2 * width), np.uint8)
    centre = np.array([width, height])
    radius = 0.45 * min(height, width)
    cv2.circle(drawn, (width, height), int(radius), 255, -1)
    for angle in rng.random(strands) * 2 * np.pi:
        ends = [
            centre + radius * reach * np.array([np.cos(turn), np.sin(turn)])
            for reach, turn in ((0.9, angle), (1.0 + 0.6 * rng.random(), angle + rng.normal() * 0.2))
        ]
        first, second = (tuple(int(value) for value in end) for end in ends)
        cv2.line(drawn, first, second, 255, 1, cv2.LINE_AA)
    return cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def over(alpha, front, back):
    """The composite, in [0, 1]."""
    return (alpha[..., None] * front + (1 - alpha[..., None]) * back).astype(np.float32)


def codes(picture, kind=np.uint8, noise=0.0, seed=0):
    """Integer codes of a picture in [0, 1], with noise of `noise` of full scale."""
    top = np.iinfo(kind).max
    grain = np.random.default_rng(seed).normal(size=picture.shape) * noise
    return np.clip((picture + grain) * top + 0.5, 0, top).astype(kind)
