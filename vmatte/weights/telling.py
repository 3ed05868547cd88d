"""How the store speaks while it works, without knowing of terminals."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

_log = logging.getLogger(__name__)


def _nothing(done: int, total: int | None) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Teller:
    """Who is told of what.

    Attributes:
        say: Called with one line for the user.
        progress: Called with the bytes that are here and the bytes there are, if known.
    """

    say: Callable[[str], None] = _log.info
    progress: Callable[[int, int | None], None] = _nothing


SILENT = Teller()


def amount(size: int | None) -> str:
    """A file size for people, in decimal units as download pages show them.

    >>> amount(141_000_000), amount(2_345), amount(None)
    ('141 MB', '2.3 kB', 'size unknown')
    """
    if size is None:
        return "size unknown"
    scaled = float(size)
    for unit in ("bytes", "kB", "MB"):
        if scaled < 1000:
            break
        scaled /= 1000
    else:
        unit = "GB"
    return f"{scaled:.0f} {unit}" if scaled >= 100 or unit == "bytes" else f"{scaled:.1f} {unit}"
