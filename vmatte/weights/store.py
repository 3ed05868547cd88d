"""The store itself: one folder a model, with its checkpoint and the record of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from vmatte.core.errors import WeightsError
from vmatte.weights import licences
from vmatte.weights.disk import explained, settle
from vmatte.weights.home import shelf
from vmatte.weights.locking import LOCK, locked
from vmatte.weights.published import Weights
from vmatte.weights.record import Record, Trust, now, read_record, touched, write_record


class Condition(Enum):
    """How a model's checkpoint stands in the store."""

    absent = "absent"
    stored = "stored"
    changed = "changed"
    outdated = "outdated"


@dataclass(frozen=True, slots=True)
class Stored:
    """A checkpoint in the store: its path, and the record that vouches for it."""

    path: Path
    record: Record


def condition(model: str, weights: Weights, *, rehash: bool = False) -> Condition:
    """How a model's checkpoint stands.

    Args:
        model: Name of its card.
        weights: What the card says.
        rehash: Read the whole file even if its size and time are those recorded.
    """
    record = read_record(model)
    if record is None or not (path := shelf(model) / record.file).is_file():
        return Condition.absent
    if _outdated(record, weights):
        return Condition.outdated
    if record.fits(path) and not rehash:
        return Condition.stored
    if not record.holds(path):
        return Condition.changed
    if not record.fits(path):
        # A store on a read-only share serves as well, only slower.
        with suppress(OSError):
            touched(model, record, path)
    return Condition.stored


def find(model: str, weights: Weights) -> Stored | None:
    """A model's checkpoint, if it is here and what it was when it was stored; None when it is to be fetched.

    Raises:
        WeightsError: The file has changed since.
    """
    state = condition(model, weights)
    if state is Condition.changed:
        record = read_record(model)
        again = "import" if record and record.trust is Trust.imported else "fetch"
        raise WeightsError(
            f"{shelf(model)} holds other bytes than were stored there: `vmatte weights {again}` it again ({model})"
        )
    return stored(model) if state is Condition.stored else None


def stored(model: str) -> Stored:
    """The checkpoint whose condition was just found to be `stored`."""
    record = read_record(model)
    assert record is not None
    return Stored(shelf(model) / record.file, record)


def held(model: str) -> dict[Path, int]:
    """The files of a model in the store and their bytes, record and unfinished downloads included."""
    folder = shelf(model)
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return {path: path.stat().st_size for path in files if path.name != LOCK and path.is_file()}


def remove(model: str) -> dict[Path, int]:
    """Takes a model's checkpoint, its record and unfinished downloads out of the store; what was `held`.

    Raises:
        WeightsError: The folder cannot be written.
    """
    if not held(model):
        return {}
    with explained(shelf(model)), locked(shelf(model)):
        gone = held(model)
        for path in gone:
            path.unlink(missing_ok=True)
    return gone


def keep(model: str, weights: Weights, written: Path, name: str, found: str, trust: Trust, via: str) -> Stored:
    """Makes a checked file the model's checkpoint, and writes down why.

    Args:
        model: Name of its card.
        weights: What the card says.
        written: The file, in the model's folder under a name of its own.
        name: The name it gets.
        found: Its SHA-256.
        trust: Why it is trusted.
        via: Where it was taken from.
    """
    earlier = read_record(model)
    facts = written.stat()
    record = Record(
        file=name,
        url=weights.url,
        via=via,
        size=facts.st_size,
        mtime_ns=facts.st_mtime_ns,
        sha256=found,
        trust=trust,
        date=now(),
        licence=weights.licence,
        licence_accepted=None if weights.free else licences.accepted(weights),
    )
    # Record first, name last: a file under its final name always has a record.
    with explained(shelf(model) / name):
        write_record(model, record)
        settle(written, shelf(model) / name)
        if earlier is not None and earlier.file != name:
            (shelf(model) / earlier.file).unlink(missing_ok=True)
    return Stored(shelf(model) / name, record)


def _outdated(record: Record, weights: Weights) -> bool:
    """Whether the card speaks of another file by now."""
    if weights.sha256 is not None:
        return record.sha256 != weights.sha256.lower()
    return record.trust is Trust.first_use and record.url != weights.url
