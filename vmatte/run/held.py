"""Notices when a clip is changed by somebody while it is being read."""

from __future__ import annotations

from pathlib import Path

from vmatte.core.errors import InputError
from vmatte.io.sequence import is_pattern, members


class Held:
    """What a clip looked like on disk when this was made."""

    def __init__(self, clip: Path) -> None:
        self._clip = clip
        self._seen = looks(clip)

    def check(self) -> None:
        """Compares with what it looks like now.

        Raises:
            InputError: It has changed.
        """
        if looks(self._clip) != self._seen:
            raise InputError(f"{self._clip} was changed while it was read: run again when nobody writes to it any more")


def looks(clip: Path) -> list[tuple[str, int, int]]:
    """Name, size and time of every file of a clip; nothing when it cannot be read, which its reader explains better."""
    try:
        files = [member.path for member in members(clip)] if clip.is_dir() or is_pattern(clip) else [clip]
        facts = [(str(file), file.stat()) for file in files]
    except (OSError, InputError):
        return []
    return [(name, fact.st_size, fact.st_mtime_ns) for name, fact in facts]
