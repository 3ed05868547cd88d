"""What papers print for public test sets, from `published.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Published:
    """A table of figures.

    Attributes:
        name: Of the test set.
        match: Name of its folder.
        evaluator: Whose units the figures are in.
        metrics: The columns.
        rows: For each method its figures, None for those it does not print, and the key of its source.
    """

    name: str
    match: str
    evaluator: str
    metrics: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | None, ...], str], ...]

    def cited(self) -> list[str]:
        """The sources of its rows, in words."""
        return [_loaded()[1][key] for key in dict.fromkeys(source for _, _, source in self.rows)]


def published(folders: Iterable[str]) -> Published | None:
    """The table of the test set that one of these folder names belongs to.

    >>> published(["data", "VideoMatte_512x288", "videomatte_motion"]).name
    'VideoMatte 512x288'
    """
    names = {name.lower() for name in folders}
    return next((table for table in tables() if table.match in names), None)


def tables() -> tuple[Published, ...]:
    """All there are."""
    return _loaded()[0]


@cache
def _loaded() -> tuple[tuple[Published, ...], dict[str, str]]:
    text = (files("vmatte.run.bench") / "published.yaml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = yaml.safe_load(text)
    sources = next(entry["sources"] for entry in entries if "sources" in entry)
    return tuple(_table(entry) for entry in entries if "sources" not in entry), sources


def _table(entry: dict[str, Any]) -> Published:
    rows = tuple((row["method"], tuple(row["values"]), row["source"]) for row in entry["rows"])
    return Published(entry["name"], entry["match"], entry["evaluator"], tuple(entry["metrics"]), rows)
