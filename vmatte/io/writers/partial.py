"""Files that have their final name only when they are complete.

Everything is written next to the final place, so that the last step is a rename within one file system.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from av.error import FFmpegError

from vmatte.core.errors import OutputError

_log = logging.getLogger(__name__)

# What a sequence of ours holds.
_FRAME = re.compile(r"\d{6,}\.(png|exr)")


class Partial:
    """A file or folder under construction.

    Attributes:
        path: The final name.
        work: The name it has until `publish`: `clip.prores.partial.mov`, or `clip.png16.partial/` for a folder.
        kept: Whether what was written stays when it is given up, for a run that goes on with it.

    Raises:
        OutputError: The final name is taken and `overwrite` is not set, or nothing can be written there.
    """

    def __init__(self, path: Path, *, folder: bool, overwrite: bool, kept: bool = False) -> None:
        # Absolute, because FFmpeg takes the `a:` of a relative `a:b.mov` for a protocol.
        self.path = path.absolute()
        self.overwrite = overwrite
        self._folder = folder
        self._published = False
        self.kept = kept
        name = f"{path.name}.partial" if folder else f"{path.stem}.partial{path.suffix}"
        self.work = self.path.with_name(name)
        refuse_taken(self.path, folder=self._folder, overwrite=self.overwrite)
        with explained(self.path):
            self._made = [parent for parent in self.path.parents if not parent.exists()]
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if folder:
                self.work.mkdir(exist_ok=True)
            else:
                self.work.touch()
            self._lock = _locked(self.work, self.path)
            # What an earlier run had to leave behind when it was killed.
            if not kept:
                _empty(self.work)

    @property
    def size(self) -> int:
        """Bytes written so far, or in all once it is finished; 0 when it was discarded."""
        place = self.path if self._published else self.work
        if not place.exists():
            return 0
        return sum(entry.stat().st_size for entry in place.iterdir()) if self._folder else place.stat().st_size

    def publish(self) -> None:
        """Renames to the final name, replacing what has it if `overwrite` is set."""
        refuse_taken(self.path, folder=self._folder, overwrite=self.overwrite)
        with explained(self.path):
            if self._folder and self.path.exists():
                self._swap()
            else:
                self.work.replace(self.path)
        self._published = True
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def discard(self) -> None:
        """Removes what was written unless it has been published or is to be kept; never raises."""
        if not self._published and not self.kept:
            try:
                _remove(self.work)
            except OSError as error:
                _log.warning("%s was left behind and cannot be removed: %s", self.work, error)
            for parent in self._made:
                with suppress(OSError):  # somebody else's file is in it by now
                    parent.rmdir()
        self._unlock()

    def _swap(self) -> None:
        # A folder that is not empty cannot be renamed onto: the old one steps aside and goes last.
        aside = self.path.with_name(f"{self.path.name}.replaced")
        _remove(aside)
        self.path.rename(aside)
        try:
            self.work.rename(self.path)
        except BaseException:
            aside.rename(self.path)
            raise
        _remove(aside)


def refuse_taken(path: Path, *, folder: bool, overwrite: bool) -> None:
    """Stops before something that is there would be lost.

    Raises:
        OutputError: The name is taken and `overwrite` is not set, or by a file where a folder is to be or vice versa.
    """
    if not path.exists() and not path.is_symlink():
        return
    if not overwrite:
        raise OutputError(f"{path} exists already: choose another folder, or say --overwrite to replace it")
    if path.is_dir() != folder:
        kind = "a folder" if path.is_dir() else "a file"
        raise OutputError(f"{path} is {kind} and would be replaced by something else: remove it first")
    if folder and (foreign := [entry.name for entry in path.iterdir() if not _FRAME.fullmatch(entry.name)]):
        raise OutputError(f"{path} holds {min(foreign)}, which is none of our frames: move it away before --overwrite")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns the system's and FFmpeg's errors into one line about `path`."""
    try:
        yield
    except (OSError, FFmpegError) as error:
        number = getattr(error, "errno", None)
        if number in (errno.ENOSPC, errno.EDQUOT):
            reason = f"no space left in {path.parent}: free some, or choose another folder"
        elif number == errno.EFBIG:
            reason = "the file system allows no file this large: choose another folder"
        elif number in (errno.EACCES, errno.EPERM, errno.EROFS):
            reason = f"{path.parent} does not allow writing: choose another folder"
        elif number == errno.ENOTDIR:
            reason = f"{path.parent} is not a folder: choose another one"
        elif number == errno.EISDIR:
            reason = "it is a folder: choose another name"
        else:
            reason = str(error)
        raise OutputError(f"cannot write {path}: {reason}") from error


def _locked(work: Path, path: Path) -> int | None:
    """A descriptor that keeps other runs away from `work` for as long as it is open; None where there are no locks.

    The system lets go of it when the process ends, however it ends.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    descriptor = os.open(work, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise OutputError(
            f"{path}: another run is writing it right now; wait for it, or choose another --out"
        ) from None
    except OSError:
        # Some network file systems have no locks.
        os.close(descriptor)
        return None
    return descriptor


def _empty(work: Path) -> None:
    if work.is_dir():
        for entry in work.iterdir():
            _remove(entry)
    else:
        os.truncate(work, 0)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        with suppress(FileNotFoundError):
            path.unlink()


def synced(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk."""
    if sys.platform == "win32" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
