"""Soft edges for a format whose pixels are there or not: GIF."""

from __future__ import annotations

import re

import numpy as np

from vmatte.core.errors import ConfigError
from vmatte.core.types import Image8

# Bayer's ordered dither (1973), 4x4. It stands still from frame to frame. The thresholds are spread evenly over the
# middle half of (0, 1): over all of it, nearly solid areas would be peppered with holes and faint hair with dots.
_BAYER = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) + 8.5) / 32


def colour_of(text: str) -> tuple[int, int, int] | None:
    """`#rrggbb` as three codes; None for an empty text.

    Raises:
        ConfigError: It is neither.
    """
    if not text:
        return None
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ConfigError(f"matte {text!r} is no colour: write it as #rrggbb")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def decided(rgba: Image8, edge: str, matte: tuple[int, int, int] | None) -> Image8:
    """`rgba` with every alpha 0 or 255.

    Args:
        rgba: (H, W, 4) straight.
        edge: `dither` shows soft pixels or not by an ordered pattern, none below a quarter of alpha and all above
            three quarters; `hard` shows those above half.
        matte: Colour of the page, which soft pixels are blended with beforehand; None leaves them their own.

    >>> half = np.full((4, 4, 4), 128, np.uint8)
    >>> int((decided(half, "dither", None)[..., 3] == 255).sum())
    8
    """
    alpha = rgba[..., 3].astype(np.float32) / 255
    height, width = alpha.shape
    threshold = np.tile(_BAYER, (-(-height // 4), -(-width // 4)))[:height, :width] if edge == "dither" else 0.5
    shown = alpha > threshold
    result = rgba.copy()
    if matte is not None:
        blend = rgba[..., :3] * alpha[..., None] + np.array(matte, np.float32) * (1 - alpha[..., None])
        result[..., :3] = np.rint(blend)
    result[..., 3] = np.where(shown, 255, 0)
    result[~shown] = 0
    return result
