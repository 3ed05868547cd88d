"""What people ask about a model before they run it, from its card; for the terminal and for pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from vmatte.core.errors import VmatteError
from vmatte.models.registry import Card, cards
from vmatte.models.speed import measured, speed_class
from vmatte.weights.elsewhere import elsewhere
from vmatte.weights.store import condition
from vmatte.weights.telling import amount

#: Stands before a licence that does not allow every use.
MARK = "!"
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Entry:
    """One model in words.

    Attributes:
        name: Of its card.
        needs: Hints it cannot work without.
        gives: What mattes hold.
        size: Of its weights.
        speed: A class; see `vmatte.models.speed`.
        licence: Of its weights, or of the code where it has none; marked when it does not allow every use.
        about: What it is for.
    """

    name: str
    needs: str
    gives: str
    size: str
    speed: str
    licence: str
    about: str

    @classmethod
    def of(cls, card: Card) -> Entry:
        """What a card says."""
        weights, seconds = card.weights, measured().seconds.get(card.name)
        size = NOTHING if weights is None else "?" if weights.bytes is None else amount(weights.bytes)
        licence = card.licence if weights is None else weights.licence
        # The mark says it shorter.
        marked = licence if weights is None or weights.free else f"{MARK} {licence.removesuffix(', non-commercial')}"
        return cls(
            card.name,
            _names(card.needs),
            _names(card.gives),
            size,
            NOTHING if seconds is None else speed_class(seconds),
            marked,
            card.summary,
        )


def ordered() -> list[Card]:
    """All cards: those that need nothing, then those of each hint; families together, 50 before 101."""
    return sorted(cards().values(), key=lambda card: (sorted(card.needs), card.family, _natural(card.name)))


def families() -> list[list[Card]]:
    """The same, a list for each network."""
    return [list(each) for _, each in groupby(ordered(), key=lambda card: card.family)]


def here(card: Card) -> str:
    """Whether its weights are on this machine."""
    if card.weights is None:
        return NOTHING
    try:
        state = condition(card.name, card.weights).value
    except (VmatteError, OSError):
        return "unreadable"
    if state == "absent":
        return "no" if elsewhere(card.weights) is None else "yes"
    return {"stored": "yes"}.get(state, state)


def as_data(known: Sequence[Card]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        asdict(Entry.of(card))
        | {
            "needs": sorted(card.needs),
            "takes": sorted(card.takes),
            "gives": sorted(card.gives),
            "bytes": None if card.weights is None else card.weights.bytes,
            "free": card.weights is None or card.weights.free,
            "seconds": measured().seconds.get(card.name),
            "here": here(card),
        }
        for card in known
    ]


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts numbers by their value."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _names(given: frozenset[str]) -> str:
    return ", ".join(sorted(given)) or NOTHING
