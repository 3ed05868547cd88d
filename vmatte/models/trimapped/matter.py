"""A refiner as a Matter: the user has drawn a trimap for every frame, or one for all."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from vmatte.core.errors import HintError
from vmatte.core.keeping import FORGETFUL, Keeper, noted
from vmatte.core.types import Clip, Frame, Hints, Image8, Matte, Refiner, Stream
from vmatte.models.carrying import kept, resumed
from vmatte.models.naming import naming


class Trimapped:
    """Frames know nothing of each other: what is steady in time is the trimap."""

    keeps = True

    def __init__(self, refiner: Refiner) -> None:
        self._model = refiner

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        """One matte a frame.

        Raises:
            HintError: A frame has no trimap, or one of another size.
            ModelError: The refiner failed; names the frame.
        """
        resumed(self._model, keeper)
        for frame in noted(frames, keeper, lambda: kept(self._model, ()), attrgetter("index")):
            with naming(frame):
                layer = self._model.refine(clip, frame, _trimap(hints, frame), None)
            yield Matte(frame, (layer,))
            del frame, layer


def _trimap(hints: Hints, frame: Frame) -> Image8:
    source = hints.maps.get("trimap")
    found = None if source is None else source.at(frame.index)
    if found is None:
        raise HintError(f"frame {frame.index} has no trimap: give one for every frame, or a single one for all")
    if found.shape != frame.sdr.shape[:2]:
        height, width = frame.sdr.shape[:2]
        raise HintError(
            f"the trimap of frame {frame.index} is {found.shape[1]}x{found.shape[0]}, the frame {width}x{height}: "
            "make it the same size as the clip"
        )
    return found
