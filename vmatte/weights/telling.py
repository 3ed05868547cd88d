"""How the store speaks while it works, without knowing of terminals."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

_UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))

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
    if size < 1000:
        return f"{size} bytes"
    unit, scale = next((unit, scale) for unit, scale in _UNITS if size >= scale)
    return f"{size / scale:.0f} {unit}" if size >= 100 * scale else f"{size / scale:.1f} {unit}"
