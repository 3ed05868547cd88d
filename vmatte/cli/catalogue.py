"""What people ask about a model before they run it, from its card; for the terminal and for pages."""

from __future__ import annotations

import re
import textwrap
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
# Of a column for licences, so that what a model is for keeps its place.
_LICENCE = 24


@dataclass(frozen=True, slots=True)
class Entry:
    """One model in words.

    Attributes:
        name: Of its card.
        needs: Hints it cannot work without.
        gives: What mattes hold.
        size: Of its weights.
        speed: A class; see `vmatte.models.speed`.
        licence: Of its weights, or of the code where it has none, shortened; marked when it does not allow every use.
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
        return cls(
            card.name,
            _names(card.needs),
            _names(card.gives),
            size,
            NOTHING if seconds is None else speed_class(seconds),
            _short(card.licence, True) if weights is None else _short(weights.licence, weights.free),
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
            "licence": card.licence if card.weights is None else card.weights.licence,
            "bytes": None if card.weights is None else card.weights.bytes,
            "free": card.weights is None or card.weights.free,
            "seconds": measured().seconds.get(card.name),
            "here": here(card),
        }
        for card in known
    ]


def _short(licence: str, free: bool) -> str:
    """A licence in few words; the mark stands for that it is not for commercial use.

    >>> _short("MIT", True), _short("as on its page; trained on other people's data", False)
    ('MIT', '! as on its page')
    """
    words = licence.partition(";")[0].removesuffix(", non-commercial")
    return textwrap.shorten(words if free else f"{MARK} {words}", _LICENCE, placeholder=" ...")


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts numbers by their value."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _names(given: frozenset[str]) -> str:
    return ", ".join(sorted(given)) or NOTHING
