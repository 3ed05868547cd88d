"""One door to every kind of clip."""

from __future__ import annotations

from pathlib import Path

from vmatte.core.errors import InputError
from vmatte.core.types import Clip
from vmatte.io.images import is_image
from vmatte.io.options import InputOptions
from vmatte.io.sequence import SequenceSource, is_pattern
from vmatte.io.video import VideoSource


def open_source(path: Path | str, options: InputOptions | None = None) -> VideoSource | SequenceSource:
    """The clip at `path`: a video file, a folder of images, a pattern (`shot_%04d.png`), a glob, or one image.

    Raises:
        InputError: There is nothing there that can be read; the message says what and where.
    """
    path = Path(path)
    if path.is_dir() or is_pattern(path):
        return SequenceSource(path, options)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if is_image(path) and not _moves(path):
        return SequenceSource(path, options)
    return VideoSource(path, options)


def clip_at(path: Path | str, options: InputOptions | None = None) -> Clip:
    """The facts of whatever clip is at `path`, as it would be delivered."""
    with open_source(path, options) as source:
        return source.clip


def _moves(path: Path) -> bool:
    """Whether an image file is an animated PNG, which FFmpeg reads as a video."""
    with path.open("rb") as file:
        return b"acTL" in file.read(4096)
