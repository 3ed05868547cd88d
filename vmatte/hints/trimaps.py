"""Reads trimaps: one for every frame of a clip, or one for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vmatte.core.errors import HintError, InputError
from vmatte.core.types import Clip, Image8
from vmatte.hints.plates import PlateClip
from vmatte.hints.read import check_size, eight_bits, image, one_plane
from vmatte.io.images import is_image
from vmatte.io.open import open_source
from vmatte.io.options import InputOptions
from vmatte.io.sequence import is_pattern, members
from vmatte.ops.trimap import UNKNOWN, snapped


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One trimap for every frame; a MapSource of (H, W) uint8 in 0, 128 and 255."""

    trimap: Image8

    @property
    def indices(self) -> None:
        """None: the trimap serves every frame."""
        return

    def at(self, index: int) -> Image8:
        """The trimap."""
        return self.trimap


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A picture for each frame, read when asked for; a MapSource of (H, W) uint8 in 0, 128 and 255.

    Attributes:
        files: By frame.
    """

    files: Mapping[int, Path]

    @property
    def indices(self) -> Sequence[int]:
        """Frames that have one, ascending."""
        return sorted(self.files)

    def at(self, index: int) -> Image8 | None:
        """The trimap of frame `index`, or None."""
        path = self.files.get(index)
        return None if path is None else _read(path)


@dataclass(frozen=True, slots=True, eq=False)
class Filmed:
    """A video of trimaps; a MapSource of (H, W) uint8 in 0, 128 and 255."""

    pictures: PlateClip

    @property
    def indices(self) -> Sequence[int]:
        """All frames there are."""
        return self.pictures.indices

    def at(self, index: int) -> Image8 | None:
        """The trimap of frame `index`, or None; fast when asked for in order."""
        picture = self.pictures.at(index)
        return None if picture is None else snapped(np.asarray(picture.max(axis=2), np.uint8))


def read_trimaps(
    path: Path, clip: Clip, first: int, stop: int, options: InputOptions | None = None
) -> tuple[Still | Drawn | Filmed, str]:
    """The trimaps a user named, and what they were taken for in words: empty for a single picture.

    Values are brought to 0, 128 and 255, from wherever a brush, a scaler or a codec has left them.

    Args:
        path: A picture, a video, or a folder, pattern or glob of pictures.
        clip: The clip they belong to; frame numbers of a sequence are those in its file names.
        first: First source frame of the run.
        stop: Frame after the last.
        options: How to read a video.

    Raises:
        HintError: They cannot be read, have another size than the clip, show one thing everywhere, or do not suffice.
    """
    if path.is_file() and is_image(path):
        return Still(_checked(path, clip)), ""
    if path.is_dir() or is_pattern(path):
        files, told = _numbered(path, clip, first, stop)
        check_size("trimap", files[first], image(files[first], "trimap"), clip)
        return Drawn(files), told
    try:
        source = open_source(path, options)
    except InputError as error:
        raise HintError(f"trimap {error}") from error
    size, wanted = (source.clip.width, source.clip.height), (clip.width, clip.height)
    if size != wanted:
        raise HintError(
            f"{path}: the trimap is {size[0]}x{size[1]}, the clip is displayed at {wanted[0]}x{wanted[1]}; make it the "
            "same size as the clip"
        )
    count = source.count()
    if count < stop:
        raise HintError(f"{path}: there are trimaps for {count} frames, and the run ends at frame {stop - 1}")
    return Filmed(PlateClip(source)), f"the trimap is a video of {count} frames, one for each of the clip's"


def _numbered(path: Path, clip: Clip, first: int, stop: int) -> tuple[dict[int, Path], str]:
    """Files by frame: by the numbers in their names, or by their places where those do not fit."""
    try:
        found = members(path, hints=True)
    except InputError as error:
        raise HintError(f"trimap {error}") from error
    files = {each.number - clip.first_number: each.path for each in found if each.number is not None}
    missing = [index for index in range(first, stop) if index not in files]
    if not missing:
        return files, f"a trimap for each of {stop - first} frames, by the numbers in their names"
    if len(found) in (stop, stop - first):
        start = 0 if len(found) == stop else first
        placed = {start + place: each.path for place, each in enumerate(found)}
        return placed, f"a trimap for each of {stop - first} frames, in the order of their names"
    raise HintError(
        f"{path}: there is no trimap for frame {missing[0] + clip.first_number} and {len(missing) - 1} others; give "
        "one for every frame, or a single picture for all"
    )


def _checked(path: Path, clip: Clip) -> Image8:
    """A single trimap that shows something."""
    check_size("trimap", path, image(path, "trimap"), clip)
    trimap = _read(path)
    if not trimap.any():
        raise HintError(
            f"{path}: the trimap is background everywhere: draw what is unknown grey (128) and the subject white (255)"
        )
    if (trimap == UNKNOWN).all():
        raise HintError(f"{path}: the trimap is unknown everywhere: mark some of the subject white, of the rest black")
    return trimap


def _read(path: Path) -> Image8:
    return snapped(one_plane(eight_bits(image(path, "trimap"))))
