"""Did the camera stand still? A test on a few frames spread over the clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Image8

# The size at which the two thresholds below were measured.
_WIDTH, _HEIGHT = 320, 180
# A pixel is stable when its values over time deviate from their median by less than this, in the median.
_STILL = 6
# Stable share: at least 0.70 on 13 fixed-camera clips, at most 0.39 on 9 moving ones.
STABLE_SHARE = 0.55
# Border flow: 0.1-2.6 px on fixed-camera clips, 15-34 px on panning ones.
BORDER_FLOW = 3.0
# Frames looked at for the stable share.
_FRAMES = 15
# Frames compared with the first one for the flow: the middle and the last show a slow drift, the quarters a shake.
_FLOWS = 4
# Share of the height and width that counts as border on each side.
_BORDER = 0.15


@dataclass(frozen=True, slots=True)
class CameraScore:
    """How still the camera stood.

    Attributes:
        stable_share: Share of pixels that keep their colour for most of the clip, in [0, 1].
        border_flow: Greatest 60th percentile of the motion of border pixels against the first frame, px at 320x180.
    """

    stable_share: float
    border_flow: float

    @property
    def fixed(self) -> bool:
        """Whether a background plate can be estimated from the clip."""
        return self.stable_share > STABLE_SHARE and self.border_flow < BORDER_FLOW

    def __str__(self) -> str:
        """For people.

        >>> print(CameraScore(0.39, 22.0), CameraScore(0.0, 0.0), sep="; ")
        39% of the picture holds still, and its rim moves; too few frames to tell
        """
        if not self.stable_share and not self.border_flow:
            return "too few frames to tell"
        moves = ", and its rim moves" if self.border_flow >= BORDER_FLOW else ""
        return f"{self.stable_share:.0%} of the picture holds still{moves}"


def fixed_camera(frames: Sequence[Image8]) -> CameraScore:
    """Scores how still the camera stood over `frames`, (H, W, 3) each, spread over the whole clip; about 15 will do.

    Fewer than three frames say nothing about a camera and score (0, 0).

    >>> rng = np.random.default_rng(0)
    >>> wall = rng.integers(0, 255, (90, 160, 3), dtype=np.uint8)
    >>> fixed_camera([wall] * 5).fixed, fixed_camera([np.roll(wall, 9 * i, axis=1) for i in range(5)]).fixed
    (True, False)
    """
    if len(frames) < 3:
        return CameraScore(0.0, 0.0)
    picks = np.unique(np.linspace(0, len(frames) - 1, _FRAMES).round().astype(int))
    small = [cv2.resize(frames[i], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA) for i in picks]
    return CameraScore(stable_share(small), border_flow(small))


def stable_share(frames: Sequence[Image8]) -> float:
    """Share of pixels whose median absolute deviation over time is below 6/255 in every channel."""
    stack = np.stack([np.asarray(frame) for frame in frames])
    middle = np.median(stack, axis=0).astype(np.int16)
    deviation = np.median(np.abs(stack - middle), axis=0)
    return float((deviation < _STILL).all(axis=2).mean())


def border_flow(frames: Sequence[Image8]) -> float:
    """Greatest 60th percentile of the length of the flow from the first frame to later ones, along the border."""
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    border = _border(grey[0].shape)
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    picks = np.unique(np.linspace(0, len(grey) - 1, _FLOWS + 1).round().astype(int))[1:]
    lengths = []
    for i in picks:
        flow = dis.calc(grey[0], grey[i], np.zeros((*grey[0].shape, 2), np.float32))
        lengths.append(float(np.percentile(np.hypot(flow[..., 0], flow[..., 1])[border], 60)))
    return max(lengths)


def _border(size: tuple[int, ...]) -> NDArray[np.bool_]:
    rows, columns = (max(1, round(side * _BORDER)) for side in size[:2])
    border = np.ones(size[:2], bool)
    border[rows:-rows, columns:-columns] = False
    return border
