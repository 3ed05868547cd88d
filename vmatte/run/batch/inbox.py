"""A folder that clips arrive in: they are taken when they are complete, and leave it when they are done."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vmatte.core.errors import InputError, OutputError
from vmatte.hints.read import SIDECARS, sidecar
from vmatte.io.images import is_image
from vmatte.io.sequence import VIDEOS
from vmatte.run.clips import clip_name
from vmatte.run.held import looks

Looks = Sequence[tuple[str, int, int]]


@dataclass
class Inbox:
    """A folder, and the two that clips leave it for.

    Attributes:
        folder: Where clips arrive: videos, and folders of images.
        done: Where they go when their results are there.
        failed: Where they go otherwise, with a text beside them that says why.
        others: Folders inside that hold no clips, such as the one of results.
        settle: Seconds that nothing about a clip and its hints may change before it is taken for complete.
        clock: Seconds that only go forward.
    """

    folder: Path
    done: Path
    failed: Path
    others: Sequence[Path] = ()
    settle: float = 5.0
    clock: Callable[[], float] = time.monotonic
    _seen: dict[Path, tuple[Looks, float]] = field(default_factory=dict)
    _taken: set[Path] = field(default_factory=set)

    def complete(self) -> list[Path]:
        """Clips that have not changed for long enough and have not been taken yet; those are taken now.

        Raises:
            InputError: The folder is not there.
        """
        now = self.clock()
        there = {clip: _looks(clip) for clip in self._clips()}
        self._taken &= there.keys()
        self._seen = {clip: self._since(clip, seen, now) for clip, seen in there.items() if clip not in self._taken}
        found = [clip for clip, (seen, since) in self._seen.items() if seen and now - since >= self.settle]
        self._taken |= set(found)
        return sorted(found)

    @property
    def empty(self) -> bool:
        """Whether no clip waits to be complete."""
        return not self._seen.keys() - self._taken

    def leave(self, clip: Path, failure: str = "") -> Path:
        """Moves a clip and its hints out; where to.

        Raises:
            OutputError: They cannot be moved.
        """
        target = self.failed if failure else self.done
        try:
            target.mkdir(parents=True, exist_ok=True)
            name = _free(target, clip.name)
            if failure:
                (target / f"{name}.error.txt").write_text(f"{failure}\n", encoding="utf-8")
            for hint in _hints(clip):
                shutil.move(hint, target / _free(target, hint.name))
            shutil.move(clip, target / name)
        except OSError as error:
            raise OutputError(f"{clip} cannot be moved to {target}: {error.strerror or error}") from error
        self._taken.discard(clip)
        return target / name

    def _clips(self) -> Iterator[Path]:
        aside = {path.resolve() for path in (self.done, self.failed, *self.others)}
        try:
            entries = sorted(self.folder.iterdir())
        except OSError as error:
            raise InputError(f"{self.folder}: {error.strerror or error}: name a folder to watch") from error
        for entry in entries:
            if entry.name.startswith(".") or entry.is_symlink() or entry.resolve() in aside:
                continue
            video = entry.suffix.lower() in VIDEOS and entry.is_file() and clip_name(entry) == entry.stem
            if video or (entry.is_dir() and any(is_image(inner) for inner in entry.iterdir())):
                yield entry

    def _since(self, clip: Path, seen: Looks, now: float) -> tuple[Looks, float]:
        before = self._seen.get(clip)
        return before if before is not None and before[0] == seen else (seen, now)


def _looks(clip: Path) -> Looks:
    return [*looks(clip), *(fact for hint in _hints(clip) for fact in looks(hint))]


def _hints(clip: Path) -> list[Path]:
    return [path for kind in SIDECARS if (path := sidecar(clip, kind)) is not None]


def _free(folder: Path, name: str) -> str:
    """The name, numbered when it is taken there."""
    path, number = Path(name), 2
    while (folder / name).exists():
        name, number = f"{path.stem}-{number}{path.suffix}", number + 1
    return name
