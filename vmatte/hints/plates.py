"""Plates that are clips: one picture for each frame, or many of one empty scene."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from vmatte.core.errors import HintError, InputError
from vmatte.core.types import Clip, Frame, Stream
from vmatte.hints.read import Plate, read_plate
from vmatte.io.images import is_image
from vmatte.io.open import OpenedSource, open_source
from vmatte.io.options import InputOptions
from vmatte.io.sample import sample_frames
from vmatte.ops.camera import fixed_camera
from vmatte.ops.plate import estimate_plate

# Frames that one plate is made from: more changed nothing that was measured.
FRAMES = 41


class PlateClip:
    """A plate for each frame, read as they are asked for; a MapSource of (H, W, 3) uint8 RGB."""

    def __init__(self, source: OpenedSource) -> None:
        self._source, self._count = source, source.count()
        self._frames: Stream[Frame] | None = None
        self._last: Frame | None = None

    @property
    def indices(self) -> Sequence[int]:
        """All frames there are."""
        return range(self._count)

    def at(self, index: int) -> NDArray[Any] | None:
        """The plate of frame `index`, or None; fast when asked for in order.

        Raises:
            InputError: The plate clip is damaged there.
        """
        if not 0 <= index < self._count:
            return None
        if self._last is None or self._last.index != index:
            if self._frames is None or self._last is None or self._last.index != index - 1:
                self.close()
                self._frames = self._source.frames(index)
            self._last = next(self._frames, None)
        return None if self._last is None else self._last.sdr

    def close(self) -> None:
        """Lets go of the file; it is opened again when asked."""
        if self._frames is not None:
            self._frames.close()
        self._frames = self._last = None


def read_plates(
    path: Path, clip: Clip, frames: int, options: InputOptions | None = None
) -> tuple[Plate | PlateClip, str]:
    """The plate a user named, and what was made of it in words: empty for a picture.

    A clip with as many frames as the other serves frame by frame. Another one whose camera stood still makes one plate
    that is cleaner than any of its frames.

    Args:
        path: A picture, a video, or a folder, pattern or glob of pictures.
        clip: The clip it belongs to.
        frames: How many frames that has, up to the end of the run.
        options: How to read a clip.

    Raises:
        HintError: It cannot be read, has another size than the clip, or is too short and moves.
    """
    try:
        source = open_source(path, options)
    except InputError as error:
        raise HintError(f"plate {error}") from error
    if is_image(path) and source.clip.is_sequence:
        return read_plate(path, clip), ""
    size, wanted = (source.clip.width, source.clip.height), (clip.width, clip.height)
    if size != wanted:
        raise HintError(
            f"{path}: the plate is {size[0]}x{size[1]}, the clip is displayed at {wanted[0]}x{wanted[1]}; make it the "
            "same size as the clip"
        )
    count = source.count()
    if count == frames:
        return PlateClip(source), f"the plate has a frame for each of the clip's {frames}"
    pictures = [rgb for _, rgb in sample_frames(source, FRAMES)]
    # Too few to tell whether the camera moves.
    if len(pictures) < 3 or fixed_camera(pictures).fixed:
        return Plate(estimate_plate(pictures).rgb), f"the plate is made from {len(pictures)} frames of {path}"
    if count > frames:
        return PlateClip(source), f"the plate moves: its first {frames} frames serve the clip's, one by one"
    raise HintError(
        f"{path}: the plate has {count} frames for the clip's {frames}, and its camera moves: give a frame for each, "
        "or one picture of the empty scene"
    )
