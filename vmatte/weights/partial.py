"""A download under way: the bytes so far, and what the server said about the file they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from vmatte.weights.address import shown
from vmatte.weights.disk import explained, read_json, write_json


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server says about a file.

    Attributes:
        url: The address asked for.
        validator: A strong entity tag or a date (RFC 9110, section 8.8) that changes when the file does; may be empty.
        total: Bytes in all, None when it does not say.
    """

    url: str
    validator: str
    total: int | None


class Partial:
    """The bytes of one file that have arrived; kept over failures, so that the next attempt goes on from there."""

    def __init__(self, final: Path) -> None:
        self.path = final.with_name(final.name + ".part")
        self._notes = final.with_name(final.name + ".part.json")

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.exists() else 0

    def facts(self, url: str) -> Facts | None:
        """What the server said when these bytes began; None when there are none, or they are of another address."""
        found = read_json(self._notes)
        if not self.size or found.get("url") != shown(url):
            return None
        validator, total = found.get("validator"), found.get("total")
        return Facts(url, validator if isinstance(validator, str) else "", total if isinstance(total, int) else None)

    @contextmanager
    def opened(self, facts: Facts, *, resume: bool) -> Iterator[BinaryIO]:
        """Takes bytes at the end, or anew after the old ones are gone.

        Raises:
            WeightsError: The disk does not take them.
        """
        with explained(self.path):
            if not resume:
                self.path.unlink(missing_ok=True)
                write_json(self._notes, {**asdict(facts), "url": shown(facts.url)})
            with self.path.open("ab") as file:
                yield file

    def discard(self) -> None:
        """Forgets it all."""
        with explained(self.path):
            self.path.unlink(missing_ok=True)
            self._notes.unlink(missing_ok=True)

    def forget_notes(self) -> None:
        """After the bytes have their final name."""
        self._notes.unlink(missing_ok=True)
