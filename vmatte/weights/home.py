"""Where things live on this machine, and what its user has said for all runs."""

from __future__ import annotations

import os
from pathlib import Path

_NO = frozenset({"", "0", "no", "off", "false"})


def home() -> Path:
    """Vmatte's own folder: `VMATTE_HOME`, or vmatte in `XDG_CACHE_HOME`, or in `~/.cache`."""
    if named := os.environ.get("VMATTE_HOME"):
        return Path(named).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG base directory specification has relative paths ignored.
    base = Path(cache) if Path(cache).is_absolute() else Path("~/.cache").expanduser()
    return base / "vmatte"


def shelf(model: str) -> Path:
    """The folder of one model's checkpoint."""
    return home() / "weights" / model


def offline() -> bool:
    """Whether `VMATTE_OFFLINE` forbids all use of the network."""
    return os.environ.get("VMATTE_OFFLINE", "").strip().lower() not in _NO
