"""Is there a screen behind the subject, and of what colour: from a few frames, before anything is matted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.ops.unit import Float, unit

_SIZE = (160, 90)
# Rows and columns of the rim, and how much more a pixel there says about the background.
_RIM, _RIM_WEIGHT = 11, 4.0
# A pixel is of the key colour when its channel stands out by this much.
_KEYED = 0.10
# Chroma key green #00b140 and blue #0047bb (Pantone 354 and 2728), the paints most studios use.
_USUAL = {1: (0.0, 0.694, 0.251), 2: (0.0, 0.278, 0.733)}
# A plain backdrop: how near its pixels lie to its colour, and the scatter that halves the belief in it.
_PLAIN, _SCATTER = 0.06, 0.02


@dataclass(frozen=True, slots=True)
class ScreenScore:
    """What a few frames say about the backdrop.

    Attributes:
        confidence: In [0, 1]; above 0.5 a keyer can be trusted with the clip.
        colour: Of the screen, display RGB in [0, 1].
        channel: Key channel of a saturated screen: 1 green, 2 blue; None for a plain backdrop of any other colour.
        share: Rim-weighted share of the picture that has this colour.
        spread: Scatter of the colour among those pixels.
    """

    confidence: float
    colour: tuple[float, float, float]
    channel: int | None
    share: float
    spread: float

    @property
    def kind(self) -> str:
        """`green`, `blue` or `plain`.

        >>> ScreenScore(0.9, (0.1, 0.7, 0.2), 1, 0.9, 0.01).kind
        'green'
        """
        return {1: "green", 2: "blue"}.get(self.channel or 0, "plain")


def screen_score(frames: Sequence[NDArray[Any]]) -> ScreenScore:
    """The most likely screen of a clip, from a few of its early frames (three will do), RGB of any depth.

    Green and blue screens are scored by the share of pixels whose key channel stands out and by how little their
    chromaticity scatters; any other backdrop by how uniformly one colour fills at least three sides of the frame.

    >>> import numpy as np
    >>> frame = np.full((90, 160, 3), (20, 180, 60), np.uint8)
    >>> score = screen_score([frame])
    >>> score.kind, score.confidence
    ('green', 1.0)
    >>> screen_score([np.full((90, 160, 3), 255, np.uint8)]).kind
    'plain'
    """
    small = _small(frames)
    keyed = max((_keyed(small, channel) for channel in (1, 2)), key=lambda score: score.confidence)
    if keyed.confidence > 0.5:
        return keyed
    return max(keyed, _plain(small), key=lambda score: score.confidence)


def keyed_score(frames: Sequence[NDArray[Any]], channel: int) -> ScreenScore:
    """The score of one key channel, 1 green or 2 blue; its colour is a usual one when no pixel has it.

    >>> import numpy as np
    >>> keyed_score([np.full((90, 160, 3), (20, 60, 180), np.uint8)], 2).confidence
    1.0
    """
    return _keyed(_small(frames), channel)


def _small(frames: Sequence[NDArray[Any]]) -> Float:
    return np.stack([unit(cv2.resize(frame, _SIZE, interpolation=cv2.INTER_AREA)) for frame in frames])


def _rim_weight() -> Float:
    weight = np.full(_SIZE[::-1], _RIM_WEIGHT, np.float32)
    weight[_RIM:-_RIM, _RIM:-_RIM] = 1
    return weight


def _keyed(small: Float, channel: int) -> ScreenScore:
    others = np.delete(small, channel, axis=-1)
    inside = small[..., channel] - others.max(axis=-1) > _KEYED
    weight = np.broadcast_to(_rim_weight(), inside.shape)
    share = float(weight[inside].sum() / weight.sum())
    if share == 0:
        return ScreenScore(0.0, _USUAL[channel], channel, 0.0, 0.0)
    pixels = small[inside]
    chroma = pixels / pixels.sum(axis=1, keepdims=True)
    spread = float(np.median(np.abs(chroma - np.median(chroma, axis=0)).max(axis=1)))
    return ScreenScore(share * float(np.exp(-spread / 0.05)), _colour(pixels), channel, share, spread)


def _plain(small: Float) -> ScreenScore:
    rim = np.ones(_SIZE[::-1], bool)
    rim[_RIM:-_RIM, _RIM:-_RIM] = False
    colour = _mode(small[:, rim].reshape(-1, 3))
    near = np.abs(small - np.array(colour, np.float32)).max(axis=-1) < _PLAIN
    sides = (near[:, :_RIM], near[:, -_RIM:], near[:, :, :_RIM], near[:, :, -_RIM:])
    # A subject may stand on one side of the frame; letterbox bars fill but two.
    share = sorted(float(side.mean()) for side in sides)[1]
    pixels = small[near]
    spread = float(np.median(np.abs(pixels - np.median(pixels, axis=0)).max(axis=1)))
    return ScreenScore(share * float(np.exp(-spread / _SCATTER)), _colour(pixels), None, share, spread)


def _mode(pixels: Float) -> tuple[float, float, float]:
    """The middle of the fullest of 16^3 bins, bins half a step over counted too, so that no colour sits on an edge."""
    best, found = -1, pixels[:1]
    for shift in (0.0, 0.5):
        bins = (pixels * 15.99 + shift).astype(np.int64)
        code = (bins[:, 0] * 17 + bins[:, 1]) * 17 + bins[:, 2]
        counts = np.bincount(code)
        if counts.max() > best:
            best, found = int(counts.max()), pixels[code == counts.argmax()]
    return _colour(found)


def _colour(pixels: Float) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in np.median(pixels, axis=0))
    return red, green, blue
