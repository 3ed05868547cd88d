"""Folders of clips: which of them belong together, by name."""

from __future__ import annotations

from pathlib import Path

from vmatte.core.errors import InputError
from vmatte.hints.read import stem
from vmatte.io.images import is_image
from vmatte.io.sequence import VIDEOS, is_pattern
from vmatte.io.writers import OUTPUTS

# Where published test sets put the mattes of a clip, and its pictures.
MATTES, SOURCES = ("pha",), ("com", "har", "src", "source")


def is_batch(path: Path) -> bool:
    """Whether a path names several clips: a folder of videos or of folders of images, or a glob of videos."""
    if path.is_dir():
        return bool(_videos(path)) or (not _images(path) and any(_folder(entry) for entry in path.iterdir()))
    return is_pattern(path) and "%" not in path.name and bool(_globbed(path))


def holds_clips(path: Path, kinds: tuple[str, ...] = MATTES) -> bool:
    """Whether a path is a batch, or a folder that has clips further down, as public test sets are laid out."""
    return is_batch(path) or (path.is_dir() and not _images(path) and bool(_below(path, kinds, True)))


def clips_in(path: Path, kinds: tuple[str, ...] = MATTES, deep: bool = False) -> dict[str, Path]:
    """The clips of a folder or glob by name; the names of outputs, as in `walk.alpha.mkv`, are no part of it.

    Args:
        path: The folder or glob.
        kinds: Folders in it are clips if they hold images, or do so in a folder of one of these names.
        deep: Other folders are looked into, and their names come first: `motion/0000` for `motion/0000/pha` and for
            `motion/pha/0000`.

    Raises:
        InputError: There are none, or two of one name.
    """
    found = _below(path, kinds, deep) if path.is_dir() else [(clip_name(each), each) for each in _globbed(path)]
    if not found:
        raise InputError(f"{path}: no clips in there (videos, or folders of images)")
    clips: dict[str, Path] = {}
    for name, clip in found:
        if name in clips:
            raise InputError(
                f"{path}: {clips[name].name} and {clip.name} are both mattes of {name}; name one kind, as in "
                f"'{path / '*.alpha.mkv'}'"
            )
        clips[name] = clip
    return clips


def itself(path: Path, kinds: tuple[str, ...] = MATTES) -> Path:
    """A clip as it was given, or the folder of images within it when it is laid out as test sets are."""
    return path if _images(path) else _inner(path, kinds) or path


def sources_at(path: Path) -> list[Path]:
    """The clips that a path names for work: itself, or those in a folder or glob, results of earlier runs left out.

    Raises:
        InputError: A folder or glob of clips has none but results.
    """
    if not is_batch(path):
        return [path]
    if path.is_dir():
        found = [*_videos(path), *(entry for entry in _folders(path) if _images(entry) and not _inner(entry, MATTES))]
    else:
        found = _globbed(path)
    clips = [each for each in found if clip_name(each) == stem(each)]
    if not clips:
        raise InputError(f"{path}: only results of vmatte in there, no clips")
    return clips


def clip_name(path: Path) -> str:
    """What a clip and its mattes have in common.

    >>> [clip_name(Path(name)) for name in ("walk.mp4", "done/walk.alpha.mkv", "walk.prores.mov", "walk/pha")]
    ['walk', 'walk', 'walk', 'walk']
    """
    name = stem(path.parent if path.name in MATTES else path)
    base, _, last = name.rpartition(".")
    return base if base and last in OUTPUTS else name


def partner(folder: Path, name: str, kinds: tuple[str, ...] = MATTES) -> Path:
    """The clip of that name in a folder of true mattes or sources, however deep.

    Raises:
        InputError: There is none.
    """
    found = clips_in(folder, kinds, deep=True)
    if name not in found:
        raise InputError(f"{folder}: no clip called {name} in there; it has {', '.join(sorted(found)[:8])}")
    return found[name]


def _videos(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.suffix.lower() in VIDEOS and entry.name[0] != ".")


def _images(folder: Path) -> bool:
    return folder.is_dir() and any(is_image(entry) for entry in folder.iterdir())


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and not entry.name.startswith(".")]


def _inner(folder: Path, kinds: tuple[str, ...]) -> Path | None:
    """The folder of one of these kinds in a clip's own."""
    return next((inner for kind in kinds if _images(inner := folder / kind)), None)


def _folder(entry: Path, kinds: tuple[str, ...] = MATTES) -> Path | None:
    """The folder that holds the images of a clip."""
    if not entry.is_dir() or entry.name.startswith("."):
        return None
    return _inner(entry, kinds) or (entry if _images(entry) else None)


def _below(folder: Path, kinds: tuple[str, ...], deep: bool, before: str = "") -> list[tuple[str, Path]]:
    """All clips of a folder, with what they are called there."""
    found = [(before + clip_name(video), video) for video in _videos(folder)]
    for entry in _folders(folder):
        name, clip = before + clip_name(entry), _folder(entry, kinds)
        if clip is not None:
            found.append((name, clip))
        elif deep:
            # Clips below the kind: the kind is no part of their names, and other kinds are not theirs.
            kind = next((entry / each for each in kinds if (entry / each).is_dir()), entry)
            found += _below(kind, kinds, True, f"{name}/")
    return found


def _globbed(path: Path) -> list[Path]:
    found = sorted(path.parent.glob(path.name)) if path.parent.is_dir() else []
    return [each for each in found if each.is_dir() or not is_image(each)]
