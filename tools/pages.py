"""Renews what is made from the models' cards: `docs/models.md`, and the table in the README.

`python -m tools.pages` writes both. A test fails while they do not agree with the cards.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.benchmark.report import table
from vmatte.cli.catalogue import MARK, NOTHING, Entry, families
from vmatte.cli.model_facts import facts
from vmatte.models.registry import Card
from vmatte.models.speed import CLASSES, SLOWEST, measured

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "models.md"
README = ROOT / "README.md"
_BEGIN, _END = "<!-- models: made by python -m tools.pages -->", "<!-- end of models -->"
# Of a page that is the same on every machine.
_LOCAL = ("here",)
_OWN = "vmatte."


def page() -> str:
    """All models: a table, then what each card says."""
    own = [family for family in families() if family[0].family.startswith(_OWN)]
    rows = [_row(card) for family in own for card in family]
    return "\n\n".join(
        [
            "# Models",
            "Made from the cards by `python -m tools.pages`; `vmatte models` says the same, and what is here.",
            table(["model", "needs", "gives", "size", "speed", "licence", "what it is for"], rows),
            _legend(),
            *(text for family in own for text in _section(family)),
        ]
    )


def readme(text: str) -> str:
    """The README with its table renewed."""
    own = [family for family in families() if family[0].family.startswith(_OWN)]
    rows = [_family_row(family) for family in own]
    made = table(["model", "needs", "speed", "licence of the weights", "what it is for"], rows)
    pattern = f"{re.escape(_BEGIN)}\n.*?{re.escape(_END)}"
    found, count = re.subn(pattern, lambda _: f"{_BEGIN}\n{made}\n\n{_legend()}\n{_END}", text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"{README}: the two lines around the table of models are not there once: {_BEGIN}, {_END}")
    return found


def _row(card: Card) -> list[str]:
    entry = Entry.of(card)
    link = f"[`{card.name}`](#{_anchor(card.family)})"
    return [link, entry.needs, entry.gives, entry.size, entry.speed, entry.licence, entry.about]


def _family_row(family: Sequence[Card]) -> list[str]:
    first, entries = family[0], [Entry.of(card) for card in family]
    names = ", ".join(f"`{card.name}`" for card in family[:3])
    more = f" and {len(family) - 3} more" if len(family) > 3 else ""
    speeds = [entry.speed for entry in entries if entry.speed != NOTHING]
    order = [*CLASSES, SLOWEST]
    spread = sorted(set(speeds), key=order.index)
    speed = NOTHING if not spread else " to ".join(dict.fromkeys((spread[0], spread[-1])))
    licences = dict.fromkeys("none needed" if card.weights is None else Entry.of(card).licence for card in family)
    return [names + more, entries[0].needs, speed, ", ".join(licences), _opening(first.family)]


def _opening(family: str) -> str:
    """What a family's package says of it first, without the full stop."""
    told = (importlib.import_module(family).__doc__ or "").split("\n\n")[0]
    return " ".join(told.split()).removesuffix(".")


def _section(family: Sequence[Card]) -> Iterator[str]:
    yield f"## {_anchor(family[0].family)}"
    yield f"{_opening(family[0].family)}."
    for card in family:
        yield f"### {card.name}"
        yield card.summary
        yield "\n".join(_items(card))


def _items(card: Card) -> Iterator[str]:
    """A list of the card's facts; what belongs to the one before is indented below it."""
    for name, text in facts(card):
        if name not in _LOCAL:
            yield f"- {name}: {text}" if name else f"  - {text}"


def _anchor(family: str) -> str:
    return family.rpartition(".")[2]


def _legend() -> str:
    known = measured()
    classes = ", ".join(f"{word} up to {most:g} s" for word, most in CLASSES.items())
    return (
        f"Speed: a frame of {known.frame} on {known.machine}: {classes}, {SLOWEST} above. {MARK}: a licence that does "
        "not allow every use, or is unclear."
    )


def main() -> int:
    """Writes both files; how many changed."""
    wanted = {PAGE: f"{page()}\n", README: readme(README.read_text(encoding="utf-8"))}
    changed = 0
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
            changed += 1
    return changed


if __name__ == "__main__":
    main()
    sys.exit(0)
