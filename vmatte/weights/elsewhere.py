"""Checkpoints that other programs keep on this machine: used where they lie, never fetched a second time."""

from __future__ import annotations

import os
from pathlib import Path

from vmatte.weights.published import Weights


def elsewhere(weights: Weights) -> Path | None:
    """Where another program keeps a published checkpoint on this machine; None where none does."""
    places = () if weights.elsewhere is None else weights.elsewhere()
    return next((place for place in places if place.is_file()), None)


def kept_by_rembg(session: str, file: str) -> list[Path]:
    """Where rembg keeps the file of a session, the newest of its layouts first.

    rembg 2.0.86 writes to a folder a session in `U2NET_HOME`, else `REMBG_HOME`, else `$XDG_DATA_HOME/rembg`, else
    `~/.rembg`; older ones wrote to `U2NET_HOME`, else `.u2net` in `$XDG_DATA_HOME`, else in the home folder, which it
    still reads.
    """
    named, data = os.environ.get("U2NET_HOME"), os.environ.get("XDG_DATA_HOME")
    legacy = Path(named or Path(data or "~") / ".u2net").expanduser()
    home = Path(named or os.environ.get("REMBG_HOME") or (Path(data) / "rembg" if data else "~/.rembg")).expanduser()
    return [home / "models" / session / file, legacy / file]
