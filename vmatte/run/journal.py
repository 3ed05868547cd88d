"""What a long run leaves on the disk as it goes, so that the same command goes on after whatever ended it.

A folder beside the results holds what the writers have made, in logs that are only appended to, and for the end of the
last whole segment the state of every part of the pipeline. `journal.json` names that end. It is replaced, never
changed, and only when all it names is on the disk: power may fail at any moment.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import threading
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from vmatte.core.errors import OutputError
from vmatte.core.frozen import FreezeError, ThawError, freeze, thaw
from vmatte.core.keeping import Keeper
from vmatte.io.writers import Keeping
from vmatte.io.writers.partial import explained, synced
from vmatte.run.schedule import Schedule

log = logging.getLogger(__name__)

_FORM = 1
_HEAD = "journal.json"


class Journal:
    """The journal of one run, locked while it is open.

    Args:
        folder: Where it lies, or is made.
        identity: What the run is known by, plain values; it goes on only where an earlier one was known by the same.
        schedule: Where segments end.
        restart: Start over whatever there is.
        tell: Told in words what becomes of an earlier run.

    Attributes:
        at: The frame that a run goes on at; None in one that starts.
        end: The last frame that a later run could go on at.

    Raises:
        OutputError: Another run has it open, or nothing can be written there.
    """

    def __init__(
        self,
        folder: Path,
        identity: Mapping[str, Any],
        schedule: Schedule,
        *,
        restart: bool = False,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.folder, self._schedule, self._tell = folder, schedule, tell
        self._identity: dict[str, Any] = json.loads(json.dumps(identity, sort_keys=True, default=str))
        self._names: set[str] = set()
        self._kept: dict[int, set[str]] = {}
        self._guard = threading.Lock()
        self._unable = ""
        self.at: int | None = None
        self.end: int | None = None
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(folder / "lock")
        self._head = None if restart else self._read()
        if self._head is None:
            self._clear()
        else:
            self.at = self.end = self._head["at"]

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        """A journal that nothing can be gone on with goes; any other one stays."""
        if self.end is None:
            self.remove()
        self._lock.close()

    def keeper(self, name: str, behind: int = 0) -> Keeper:
        """The keeper of one part of the pipeline, by a name that is its own; it works that many frames behind."""
        self._names.add(name)
        return _Desk(self, name, behind)

    def keeping(self, number: int) -> Keeping:
        """Where a writer keeps what it makes, and what it had kept."""
        path = self.folder / f"{number}.log"
        if self.at is None:
            return Keeping(path)
        assert self._head is not None
        return Keeping(path, self.thawed("writers")[number], int(self._head["logs"].get(str(number), 0)))

    def due(self, index: int) -> bool:
        """Whether a segment ends before this frame."""
        return not self._unable and self._schedule.due(index)

    def complete(self, index: int, but: str) -> bool:
        """Whether every part has kept its state before this frame, one excepted."""
        with self._guard:
            return not self._unable and self._kept.get(index, set()) | {but} >= self._names

    def keep(self, name: str, index: int, state: object) -> None:
        """Stores the state of one part before a frame; counts once the segment is committed.

        Raises:
            OutputError: There is no room for it.
        """
        path = self._part(index, name)
        try:
            arrays = freeze(state)
        except FreezeError as error:
            self._unable = str(error)
            log.warning("this run cannot be gone on with if it is interrupted: %s", error)
            return
        with explained(path), path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        with self._guard:
            self._kept.setdefault(index, set()).add(name)

    def commit(self, index: int, logs: Mapping[int, int]) -> None:
        """Makes this the frame that a later run goes on at: all that was kept before it is on the disk.

        Args:
            index: The frame.
            logs: How many bytes of each writer's log count.

        Raises:
            OutputError: There is no room.
        """
        head = {"form": _FORM, "at": index, "logs": logs, "identity": self._identity}
        partial = self.folder / f"{_HEAD}.partial"
        with explained(self.folder / _HEAD):
            with partial.open("w", encoding="utf-8") as file:
                json.dump(head, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            synced(self.folder)
            partial.replace(self.folder / _HEAD)
            synced(self.folder)
        self.end = index
        self._drop(lambda at: at < index)

    def drop(self, index: int) -> None:
        """Gives up a segment that not every part can end."""
        self._drop(lambda at: at <= index and at != self.end)

    def thawed(self, name: str) -> Any:  # noqa: ANN401  every part has its own
        """The state of a part before the frame that the run goes on at; None in a run that starts.

        Raises:
            ThawError: It is damaged.
        """
        if self.at is None:
            return None
        try:
            # NumPy leaves a file open that it opened itself and finds to be none of its own.
            with self._part(self.at, name).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return thaw(arrays)
        except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
            raise ThawError(f"{self._part(self.at, name)}: {error}") from error

    def start_over(self, why: str) -> None:
        """Forgets what there was."""
        self._tell(f"an interrupted run of this job was found and is not gone on with: {why}")
        self._clear()
        self.at = self.end = None

    def remove(self) -> None:
        """Removes the journal, once its run is over."""
        self.end = None
        with suppress(OSError):
            shutil.rmtree(self.folder)

    def _read(self) -> dict[str, Any] | None:
        """The head of an earlier run of the same job; None when there is none."""
        path = self.folder / _HEAD
        try:
            head = json.loads(path.read_text(encoding="utf-8"))
            was, form, at = head["identity"], head["form"], int(head["at"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError):
            self._tell(f"{path} cannot be read: the run starts over")
            return None
        changed = "this version of vmatte keeps them otherwise" if form != _FORM else _changed(was, self._identity)
        if changed:
            self._tell(f"an interrupted run of this job was found and is not gone on with: {changed}")
            return None
        self._tell(f"going on at frame {at}, where an interrupted run of this job left off")
        found: dict[str, Any] = head
        return found

    def _clear(self) -> None:
        with explained(self.folder):
            for entry in self.folder.iterdir():
                if entry.name != "lock":
                    entry.unlink()

    def _part(self, index: int, name: str) -> Path:
        return self.folder / f"{index}.{name}.npz"

    def _drop(self, old: Callable[[int], bool]) -> None:
        with self._guard:
            self._kept = {at: names for at, names in self._kept.items() if not old(at)}
        for entry in self.folder.glob("*.npz"):
            if old(int(entry.name.split(".")[0])):
                with suppress(OSError):
                    entry.unlink()


class _Desk:
    """A Keeper."""

    def __init__(self, journal: Journal, name: str, behind: int) -> None:
        self._journal, self._name, self._behind = journal, name, behind
        self.kept = journal.thawed(name)

    def due(self, index: int) -> bool:
        """As in `Keeper`."""
        return self._journal.due(index + self._behind)

    def keep(self, index: int, state: object) -> None:
        """As in `Keeper`."""
        self._journal.keep(self._name, index + self._behind, state)


def _changed(was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What differs between two identities, in words; empty for nothing."""
    names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    return f"{' and '.join(names)} changed" if names else ""


def _locked(path: Path) -> IO[bytes]:
    """An open file that only one process has locked; the system lets go of it however the process ends."""
    file = path.open("ab")
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # Windows
        return file
    except BlockingIOError:
        file.close()
        raise OutputError(
            f"{path.parent}: another run is at this job right now; wait for it, or choose another --out"
        ) from None
    except OSError as error:
        # Some network file systems have no locks.
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP):
            file.close()
            raise
    return file
