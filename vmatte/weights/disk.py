"""Writing so that a file is whole or not there, and the system's errors in words."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vmatte.core.errors import WeightsError


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns the system's errors into one line about `path`.

    Raises:
        WeightsError: One happened.
    """
    try:
        yield
    except OSError as error:
        where = "set VMATTE_HOME to a folder elsewhere"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = f"no space left: free some, or {where}"
        elif error.errno == errno.EFBIG:
            reason = f"no file may grow this large there: {where}"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            reason = f"no permission to write there: {where}"
        elif error.errno in (errno.ENOTDIR, errno.EEXIST):
            reason = f"a part of this path is a file, not a folder: {where}"
        else:
            reason = f"{error.strerror or error}: {where}"
        raise WeightsError(f"cannot store {path}: {reason}") from error


def settle(written: Path, final: Path) -> None:
    """Gives a finished file its final name, safe against a power cut."""
    with written.open("rb+") as file:
        os.fsync(file.fileno())
    written.replace(final)
    if sys.platform != "win32":  # which cannot open folders
        folder = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Writes it whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".new")
    partial.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    settle(partial, path)


def read_json(path: Path) -> dict[str, Any]:
    """What is written there; empty when there is nothing or it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
