"""Mattes on disk: the alpha plane of files that carry one, and the grey of those that are mattes as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vmatte.core.errors import InputError
from vmatte.core.light import srgb_to_linear
from vmatte.core.types import Alpha, Frame, Image, Stream
from vmatte.io.open import OpenedSource, open_source
from vmatte.io.options import InputOptions

# Chroma of a grey picture that a lossy codec has been through strays by a code or two, which red and blue show doubled.
_GREY = 8


@dataclass(frozen=True, slots=True, eq=False)
class AlphaFrame:
    """One matte.

    Attributes:
        index: Position in the clip.
        alpha: (H, W) float32 in [0, 1]; codes of up to 16 bits come back by rounding.
        colour: (H, W, 3) uint8 or uint16, the file's straight colours; None for a matte alone.
    """

    index: int
    alpha: Alpha
    colour: Image | None = None


class AlphaClip:
    """A clip read as a matte: ProRes 4444, WebM with alpha, PNG with alpha, FFV1 or H.264 in grey, sequences of these.

    Attributes:
        source: The clip as it lies on disk.
    """

    def __init__(self, path: Path | str, options: InputOptions | None = None) -> None:
        """Opens it.

        Raises:
            InputError: There is nothing that can be read.
        """
        self.source: OpenedSource = open_source(path, options)
        self._opaque = self.source.clip.has_alpha

    @property
    def coloured(self) -> bool:
        """Whether the file holds colours beside its alpha."""
        clip = self.source.clip
        return clip.has_alpha and not clip.pixel_format.startswith("ya")

    @property
    def warnings(self) -> list[str]:
        """What went wrong while reading without stopping it, and what was odd; complete when all frames were read."""
        odd = ["its alpha plane is solid throughout; a matte in its colours is not looked at"] if self._opaque else []
        return [*self.source.warnings, *odd]

    def mattes(self, wanted: Sequence[int]) -> Stream[AlphaFrame]:
        """The frames of these numbers, which ascend.

        Raises:
            InputError: A frame is damaged or missing, or shows colours although the file has no alpha.
        """
        with closing(walk(self.source, wanted)) as frames:
            for frame in frames:
                if frame.alpha is not None:
                    self._opaque = self._opaque and float(frame.alpha.min()) == 1.0
                    yield AlphaFrame(frame.index, frame.alpha, frame.rgb if self.coloured else None)
                else:
                    yield AlphaFrame(frame.index, self._grey(frame))

    def _grey(self, frame: Frame) -> Alpha:
        red, green, blue = cv2.split(frame.rgb)
        limit = _GREY * (257 if frame.rgb.dtype == np.uint16 else 1)
        if max(cv2.norm(red, green, cv2.NORM_INF), cv2.norm(blue, green, cv2.NORM_INF)) > limit:
            raise InputError(
                f"{self.source.clip.path}: frame {frame.index} is coloured and the file has no alpha plane, so it is "
                "no matte; give an alpha clip, or a file with alpha such as ProRes 4444"
            )
        top = np.iinfo(frame.rgb.dtype).max
        if "f16" in self.source.clip.pixel_format or "f32" in self.source.clip.pixel_format:
            # Floats were shown as sRGB, which a matte is not.
            return np.asarray(srgb_to_linear(np.asarray(green, np.float64) / top), np.float32)
        return np.divide(green, np.float32(top), dtype=np.float32)


def walk(source: OpenedSource, wanted: Sequence[int]) -> Stream[Frame]:
    """The frames of these numbers, which ascend.

    Raises:
        InputError: The clip ends before the last of them.
    """
    if not wanted:
        return
    left = iter(wanted)
    following = next(left)
    with closing(source.frames(wanted[0], wanted[-1] + 1)) as frames:
        for frame in frames:
            if frame.index == following:
                yield frame
                following = next(left, -1)
    if following != -1:
        raise InputError(f"{source.clip.path}: frame {following} cannot be read, although the file lists it")
