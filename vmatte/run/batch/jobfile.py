"""Reads a file of jobs: YAML, CSV or JSON lines.

Such a file is data from anywhere: it names inputs and settings, and can neither run anything nor lead out of the
output folder.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from vmatte.core.errors import ConfigError
from vmatte.run.batch.row import Row, row_from

# Of any file that means something: jobs, a job, its settings, one of them, a list.
_DEEPEST = 8

_Place = tuple[str, Mapping[str, Any]]


def is_jobfile(path: Path) -> bool:
    """Whether a path names a file of jobs, by its ending."""
    return path.suffix.lower() in _READERS and not path.is_dir()


def read_jobs(path: Path, root: Path) -> list[Row]:
    """The jobs of a file.

    Args:
        path: The file; relative paths in it begin at its folder.
        root: The output folder; the `out` of a job is a folder below it.

    Raises:
        ConfigError: It cannot be read, or a job says something that none may; the message names the place.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = list(_READERS[path.suffix.lower()](text))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}: name a file of jobs or clips") from error
    except (ValueError, csv.Error, yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{path} is no {path.suffix[1:].upper()} file of jobs: {_short(error)}") from error
    if not found:
        raise ConfigError(f"{path}: there are no jobs in it")
    return [row_from(values, f"{path}, {place}", path.absolute().parent, root) for place, values in found]


class _PlainLoader(yaml.SafeLoader):
    """Safe, without aliases and without depths, by which a few lines take all memory or hours to read."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401  the base's own
        if self.check_event(yaml.AliasEvent):
            raise ValueError("aliases (*name) are not taken: write the value out")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("it is nested too deeply")
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def _yaml(text: str) -> Iterator[_Place]:
    # A _PlainLoader is a SafeLoader: it makes plain values only.
    data = yaml.load(text, _PlainLoader)
    defaults: Any = {}
    if isinstance(data, dict):
        whole: dict[Any, Any] = data
        if unknown := sorted(map(str, whole.keys() - {"defaults", "jobs"})):
            raise ValueError(f"unknown key {unknown[0]!r}: there are defaults and jobs")
        data, defaults = whole.get("jobs"), whole.get("defaults") or {}
    if not isinstance(data, list) or not isinstance(defaults, dict):
        raise ValueError("a list of jobs is wanted, or `jobs:` with one and `defaults:` with what they share")
    shared: Mapping[str, Any] = defaults
    for number, item in enumerate(data, 1):
        own = {"clip": item} if isinstance(item, str) else item
        if not isinstance(own, dict):
            raise ValueError(f"job {number} is neither a clip nor a mapping")
        yield f"job {number}", _joined(shared, own)


def _joined(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Settings are joined one by one, everything else is replaced."""
    both = {**defaults, **own}
    ours, theirs = defaults.get("set"), own.get("set")
    if isinstance(ours, dict) and isinstance(theirs, dict):
        both["set"] = {**ours, **theirs}
    return both


def _csv(text: str) -> Iterator[_Place]:
    rows = csv.DictReader(StringIO(text, newline=""), strict=True)
    for number, values in enumerate(rows, 2):
        if None in values:
            raise ValueError(f"row {number} has more cells than the header")
        yield f"row {number}", {key.strip(): value.strip() for key, value in values.items() if value and value.strip()}


def _json_lines(text: str) -> Iterator[_Place]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        values = json.loads(line)
        if not isinstance(values, dict):
            raise ValueError(f"line {number} is no object")
        yield f"line {number}", values


def _short(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return " ".join(str(error).split())[:300]


_READERS: dict[str, Callable[[str], Iterator[_Place]]] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".csv": _csv,
    ".jsonl": _json_lines,
}
