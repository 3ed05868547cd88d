"""Which model a checkpoint is of, by what is in the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vmatte.core.errors import WeightsError
from vmatte.models.registry import Card, cards, signatures
from vmatte.nets.signature import nearest
from vmatte.weights.local import local_sha256


@dataclass(frozen=True, slots=True)
class Recognised:
    """A model, and how it was told.

    Attributes:
        card: Of the model.
        why: For people.
    """

    card: Card
    why: str


def recognised(file: Path) -> Recognised:
    """The model that a checkpoint or a graph belongs to.

    Keys and shapes tell a network; among checkpoints of one network, the published hash does, then the file's name,
    and failing these the network's first card is taken, which is said.

    Raises:
        WeightsError: It cannot be read, or belongs to no known model.
    """
    # Here, as both import torch, and most runs have nothing to recognise.
    from vmatte.nets.checkpoint import entries
    from vmatte.nets.session import is_graph

    sha256 = local_sha256(file)
    if is_graph(file):
        return _graph(file)
    known = list(cards().values())
    published = [card for card in known if card.weights is not None and (card.weights.sha256 or "").lower() == sha256]
    if published:
        return Recognised(published[0], "it is the published file")
    shapes = entries(file, signatures())
    found = fitting(shapes, known)
    if not found:
        raise WeightsError(_unknown(file, shapes))
    if len(found) == 1:
        return Recognised(found[0], "by its keys")
    card = named(file.name, found)
    if card is not None:
        return Recognised(card, "by its keys and its name")
    others = ", ".join(card.name for card in found[1:])
    return Recognised(found[0], f"by its keys, which those of {others} share: if it is one of them, say --model NAME")


def fitting(shapes: Mapping[str, tuple[int, ...]], known: Sequence[Card]) -> list[Card]:
    """The cards whose signature a checkpoint has; of several signatures, the one that asks most of it.

    Args:
        shapes: Of the checkpoint's entries.
        known: The cards to choose from, in any order.

    Returns:
        Of one network, first the card that the network is called after.
    """
    fits = [card for card in known if card.signature is not None and card.signature.fits(shapes)]
    most = max((len(card.signature.keys) for card in fits if card.signature), default=0)
    best = [card for card in fits if card.signature and len(card.signature.keys) == most]
    return sorted(best, key=lambda card: (card.signature is None or card.signature.model != card.name, card.name))


def named(file: str, found: Sequence[Card]) -> Card | None:
    """Of cards of one network, the one whose published file is called so, or whose variant the name speaks of.

    >>> from vmatte.models.registry import card
    >>> family = [card(f"birefnet{variant}") for variant in ("", ".hr", ".hr-matting")]
    >>> named("BiRefNet_HR-matting-epoch_135.pth", family).name
    'birefnet.hr-matting'
    """
    for card in found:
        if card.weights is not None and card.weights.file.lower() == file.lower():
            return card
    plain = _plain(file)
    spoken = [card for card in found if _plain(_variant(card)) and _plain(_variant(card)) in plain]
    return max(spoken, key=lambda card: len(_plain(_variant(card))), default=None)


def _variant(card: Card) -> str:
    """What stands behind the dot; the whole name where there is none but the network has another."""
    architecture, _, variant = card.name.partition(".")
    own = card.signature is not None and card.signature.model == architecture
    return variant or ("" if own else architecture)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _graph(file: Path) -> Recognised:
    from vmatte.nets.session import model_of

    name = model_of(file)
    if name is None or name not in cards():
        able = ", ".join(card.name for card in cards().values() if card.export is not None)
        raise WeightsError(f"{file}: a graph that does not say which model it is of: say --model NAME ({able})")
    return Recognised(cards()[name], "the graph says so")


def _unknown(file: Path, keys: Collection[str]) -> str:
    """That no model has a file's keys, and which comes nearest."""
    near = nearest(keys, signatures())
    if near is None:
        known = ", ".join(signature.model for signature in signatures())
        return f"{file}: its keys are near to those of no known model ({known})"
    missing = [key for key in near.keys if key not in keys]
    lacks = f", but {missing[0]} is missing" if missing else ", but a shape differs"
    return (
        f"{file}: no known model has its keys; the nearest is {near.model}{lacks}: say --model NAME to load it as one"
    )
