"""The record beside each stored file: where it came from, its hash, and why it is trusted."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from vmatte.weights.digest import sha256_of
from vmatte.weights.disk import read_json, write_json
from vmatte.weights.home import shelf

_NAME = "record.json"


class Trust(Enum):
    """Why a file is taken for what it claims to be."""

    published = "published hash"
    first_use = "first use"
    imported = "imported"


@dataclass(frozen=True, slots=True)
class Record:
    """One stored file.

    Attributes:
        file: Its name.
        url: The address its card stated.
        via: Where it was taken from: that address, a mirror's, or a local path.
        size: In bytes.
        mtime_ns: Its modification time; while it and the size stand, the hash is not computed again.
        sha256: In hexadecimal.
        trust: Why it is trusted.
        date: When it was stored, UTC.
        licence: Of the weights, as its card stated.
        licence_accepted: When the user accepted it, UTC; None where that is not needed or did not happen.
    """

    file: str
    url: str
    via: str
    size: int
    mtime_ns: int
    sha256: str
    trust: Trust
    date: str
    licence: str
    licence_accepted: str | None = None

    def fits(self, path: Path) -> bool:
        """Whether size and modification time are those recorded."""
        facts = path.stat()
        return (facts.st_size, facts.st_mtime_ns) == (self.size, self.mtime_ns)

    def holds(self, path: Path) -> bool:
        """Whether the file's content is what was recorded; reads all of it."""
        return path.stat().st_size == self.size and sha256_of(path) == self.sha256


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_record(model: str) -> Record | None:
    """The record of a model's stored file; None when there is none, or none that can be read."""
    data = read_json(shelf(model) / _NAME)
    try:
        return Record(**{**data, "trust": Trust(data["trust"])})
    except (KeyError, TypeError, ValueError):
        return None


def write_record(model: str, record: Record) -> None:
    """Replaces the record of a model's stored file."""
    write_json(record_path(model), {**asdict(record), "trust": record.trust.value})


def touched(model: str, record: Record, path: Path) -> Record:
    """The record of a file whose time changed and whose content did not, brought up to date."""
    fresh = replace(record, mtime_ns=path.stat().st_mtime_ns)
    write_record(model, fresh)
    return fresh


def record_path(model: str) -> Path:
    """Where a model's record is."""
    return shelf(model) / _NAME
