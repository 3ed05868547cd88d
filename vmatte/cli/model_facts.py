"""All there is to know about one model, in words: `vmatte models show`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import Enum
from operator import attrgetter

from vmatte.cli.catalogue import Entry, here
from vmatte.config.explained import explanations
from vmatte.models.registry import Card
from vmatte.models.speed import measured, speed_class
from vmatte.weights.elsewhere import elsewhere
from vmatte.weights.home import shelf
from vmatte.weights.telling import amount

# Of the settings, those that every model has and that options of their own say.
_ELSEWHERE = ("name", "weights")
_ABOUT = 12


def lines(card: Card, width: int) -> Iterator[str]:
    """A page about a model for a terminal of that many columns."""
    yield card.name
    yield from _wrapped(card.summary, width, "  ")
    yield ""
    for name, text in facts(card):
        yield from _wrapped(text, width, f"  {name.ljust(_ABOUT)}", " " * (_ABOUT + 2))
    yield from _settings(card, width)
    yield ""
    yield f"  vmatte process CLIP --model {card.name}{_example(card)}"


def facts(card: Card) -> Iterator[tuple[str, str]]:
    """What the card says, a name and a text each."""
    entry = Entry.of(card)
    yield "needs", "nothing but the clip" if not card.needs else entry.needs
    if card.takes - card.needs:
        yield "also takes", ", ".join(sorted(card.takes - card.needs))
    yield "gives", entry.gives
    smoothed = "mattes are smoothed afterwards; --set smooth=none leaves them as they are"
    yield "smoothing", "not needed: it knows more than the frame before it" if card.steady else smoothed
    seconds = measured().seconds.get(card.name)
    if seconds is not None:
        yield (
            "speed",
            (f"{speed_class(seconds)}: {seconds:.2g} s for a frame of {measured().frame} on {measured().machine}"),
        )
    if card.paper:
        yield "paper", card.paper
    if card.extra:
        yield "package", f'pip install "vmatte[{card.extra}]"'
    if card.export:
        yield "ONNX", f"vmatte export {card.name} --out FILE.onnx"
    yield "licence", f"{card.licence} (the code)" if card.weights else card.licence
    yield from _weights(card)


def _weights(card: Card) -> Iterator[tuple[str, str]]:
    weights = card.weights
    if weights is None:
        yield "weights", "none: it works without"
        return
    size = "of unknown size" if weights.bytes is None else amount(weights.bytes)
    yield "weights", f"{weights.file}, {size}{'' if weights.size is not None or weights.bytes is None else ' or so'}"
    yield "", weights.url
    yield "", f"SHA-256 {weights.sha256}" if weights.sha256 else "no published SHA-256: the first download is trusted"
    yield "", weights.licence_line
    if not weights.free:
        yield "", "not for every use: fetched only once --accept-license was given"
    if weights.notes:
        yield "", weights.notes
    place, state = elsewhere(weights), here(card)
    if state == "yes":
        yield "here", str(place if place is not None else shelf(card.name))
    else:
        yield "here", f"{state}; a run fetches it, or `vmatte weights fetch {card.name}`"


def _settings(card: Card, width: int) -> Iterator[str]:
    settings = card.made()
    told = {name: text for name, text in explanations(settings).items() if name not in _ELSEWHERE}
    if told:
        yield ""
        yield "  settings, each as --set model.NAME=VALUE:"
    for name, text in told.items():
        value = attrgetter(name)(settings)
        shown = value.name if isinstance(value, Enum) else str(value).lower() if isinstance(value, bool) else value
        setting = name if is_dataclass(value) else f"{name}={shown}"
        yield from _wrapped(text, width, f"    {setting.ljust(24)} ", " " * 29)


def _example(card: Card) -> str:
    return "".join(f" --{need} FILE" for need in sorted(card.needs))


def _wrapped(text: str, width: int, first: str, later: str | None = None) -> list[str]:
    made = textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=first if later is None else later,
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip
    return made or [first.rstrip()]
