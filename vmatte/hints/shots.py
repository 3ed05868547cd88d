"""Shots: where a clip was cut, found by PySceneDetect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import cv2

from vmatte.core.errors import ConfigError
from vmatte.core.types import Frame

# What PySceneDetect's own scene manager works at: more columns find no more cuts.
_COLUMNS = 256


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames between two cuts.

    Attributes:
        first: Number of the first.
        stop: Number after the last.
    """

    first: int
    stop: int

    def __str__(self) -> str:
        return f"frames {self.first} to {self.stop - 1}"


def find_shots(frames: Iterable[Frame], rate: Fraction) -> list[Shot]:
    """The shots of a run, in order; one when it was never cut.

    Hard cuts only, by the adaptive detector at its own settings: content that changes several times as much as in the
    frames around it, 15 frames after the last cut or later. Fades and dissolves are no cuts: there is no frame at which
    a memory could start anew.

    Args:
        frames: All of the run.
        rate: Nominal frame rate.

    Raises:
        ConfigError: PySceneDetect is not installed.
    """
    try:
        from scenedetect import AdaptiveDetector, FrameTimecode
    except ImportError as error:
        raise ConfigError('shots=auto needs the package scenedetect: pip install "vmatte[shots]"') from error
    detector = AdaptiveDetector()
    cuts: list[int] = []
    first = stop = 0
    for frame in frames:
        if not stop:
            first = frame.index
        stop = frame.index + 1
        # Its clock starts at the run's first frame.
        at = FrameTimecode(frame.index - first, fps=rate)
        cuts += [first + int(found.frame_num) for found in detector.process_frame(at, _small(frame))]
    ends = [*cuts, stop]
    return [Shot(begin, end) for begin, end in zip([first, *cuts], ends, strict=True) if end > begin]


def _small(frame: Frame) -> cv2.typing.MatLike:
    """(H, W, 3) BGR, as the detector takes it."""
    height, width = frame.sdr.shape[:2]
    share = min(1.0, _COLUMNS / width)
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return cv2.cvtColor(cv2.resize(frame.sdr, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2BGR)
