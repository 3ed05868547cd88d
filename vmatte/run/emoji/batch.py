"""Which sources a user means: one, several, or folders of them, and the names of their files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from vmatte.core.errors import InputError, OutputError
from vmatte.hints.read import stem
from vmatte.io.images import is_image
from vmatte.run.clips import clips_in, is_batch


def sources(given: Sequence[Path], sheets: bool) -> dict[str, Path]:
    """Sources by the name that their files begin with.

    Args:
        given: Clips, folders of frames, pictures; folders of any of these.
        sheets: Whether a folder of pictures is one of sprite sheets, not of frames.

    Raises:
        InputError: There is nothing there.
        OutputError: Two would have files of one name.
    """
    found = [pair for path in given for pair in _expanded(path, sheets)]
    names = Counter(name for name, _ in found)
    for name, count in names.items():
        if count > 1:
            both = " and ".join(str(path) for other, path in found if other == name)
            raise OutputError(f"{both} would both be written to {name}.*: give them separate --out folders")
    return dict(found)


def _expanded(path: Path, sheets: bool) -> list[tuple[str, Path]]:
    if sheets and path.is_dir():
        pictures = sorted(entry for entry in path.iterdir() if is_image(entry))
        if not pictures:
            raise InputError(f"{path}: no pictures in there, and --sheet is for pictures")
        return [(stem(picture), picture) for picture in pictures]
    if is_batch(path):
        return list(clips_in(path).items())
    return [(stem(path), path)]
