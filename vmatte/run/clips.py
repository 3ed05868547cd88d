"""Folders of clips: which of them belong together, by name."""

from __future__ import annotations

from pathlib import Path

from vmatte.core.errors import InputError
from vmatte.hints.read import stem
from vmatte.io.images import is_image
from vmatte.io.sequence import is_pattern
from vmatte.io.writers import OUTPUTS

# Where the published generators put the mattes of a clip.
_PHA = "pha"
#: Endings of what is taken for a clip in a folder.
VIDEOS = frozenset((".mov", ".mkv", ".mp4", ".webm", ".avi", ".m4v", ".mxf", ".ts", ".gif", ".apng"))


def is_batch(path: Path) -> bool:
    """Whether a path names several clips: a folder of videos or of folders of images, or a glob of videos."""
    if path.is_dir():
        return bool(_videos(path)) or (not _images(path) and any(_folder(entry) for entry in path.iterdir()))
    return is_pattern(path) and "%" not in path.name and any(not is_image(found) for found in _globbed(path))


def clips_in(path: Path) -> dict[str, Path]:
    """The clips of a folder or glob by name; the names of outputs, as in `walk.alpha.mkv`, are no part of it.

    Raises:
        InputError: There are none, or two of one name.
    """
    if path.is_dir():
        found = [*_videos(path), *(inner for entry in sorted(path.iterdir()) if (inner := _folder(entry)))]
    else:
        found = [each for each in _globbed(path) if each.is_dir() or not is_image(each)]
    if not found:
        raise InputError(f"{path}: no clips in there (videos, or folders of images)")
    clips: dict[str, Path] = {}
    for clip in found:
        name = clip_name(clip)
        if name in clips:
            raise InputError(
                f"{path}: {clips[name].name} and {clip.name} are both mattes of {name}; name one kind, as in "
                f"'{path / '*.alpha.mkv'}'"
            )
        clips[name] = clip
    return clips


def sources_at(path: Path) -> list[Path]:
    """The clips that a path names for work: itself, or those in a folder or glob, results of earlier runs left out.

    Raises:
        InputError: A folder or glob of clips has none but results.
    """
    if not is_batch(path):
        return [path]
    if path.is_dir():
        found = [*_videos(path), *(entry for entry in sorted(path.iterdir()) if _folder(entry) == entry)]
    else:
        found = [each for each in _globbed(path) if each.is_dir() or not is_image(each)]
    clips = [each for each in found if clip_name(each) == stem(each)]
    if not clips:
        raise InputError(f"{path}: only results of vmatte in there, no clips")
    return clips


def clip_name(path: Path) -> str:
    """What a clip and its mattes have in common.

    >>> [clip_name(Path(name)) for name in ("walk.mp4", "done/walk.alpha.mkv", "walk.prores.mov", "walk/pha")]
    ['walk', 'walk', 'walk', 'walk']
    """
    name = stem(path.parent if path.name == _PHA else path)
    base, _, last = name.rpartition(".")
    return base if base and last in OUTPUTS else name


def partner(folder: Path, name: str) -> Path:
    """The clip of that name in a folder of true mattes or sources.

    Raises:
        InputError: There is none.
    """
    found = clips_in(folder)
    if name not in found:
        raise InputError(f"{folder}: no clip called {name} in there; it has {', '.join(sorted(found)[:8])}")
    return found[name]


def _videos(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.suffix.lower() in VIDEOS and entry.name[0] != ".")


def _images(folder: Path) -> bool:
    return folder.is_dir() and any(is_image(entry) for entry in folder.iterdir())


def _folder(entry: Path) -> Path | None:
    """The folder that holds the images of a clip."""
    if not entry.is_dir() or entry.name.startswith("."):
        return None
    return next((folder for folder in (entry / _PHA, entry) if _images(folder)), None)


def _globbed(path: Path) -> list[Path]:
    return sorted(path.parent.glob(path.name)) if path.parent.is_dir() else []
