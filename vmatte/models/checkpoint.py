"""Which checkpoint a model runs with: the user's file, or the published one, fetched into the store on first use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from vmatte.core.errors import ConfigError
from vmatte.models.registry import ModelSettings, card
from vmatte.weights.elsewhere import elsewhere
from vmatte.weights.fetch import fetch
from vmatte.weights.local import local_sha256
from vmatte.weights.store import find
from vmatte.weights.telling import SILENT, Teller

_GIVEN = "given by the user"
_PUBLISHED = "published hash"
_ELSEWHERE = "kept there by another program"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The weights of one run.

    Attributes:
        path: The file.
        sha256: Of it.
        trust: Why it is taken for what it claims to be.
    """

    path: Path
    sha256: str
    trust: str


def checkpoint(
    settings: ModelSettings, *, accept: bool = False, no_network: bool = False, teller: Teller = SILENT
) -> Checkpoint | None:
    """The weights that a model with these settings needs; None when it has none.

    Args:
        settings: Of the model.
        accept: Whether the user accepts the licence of the weights.
        no_network: Whether the network may not be touched.
        teller: Told of a download.

    Raises:
        ConfigError: A file is given to a model without weights.
        WeightsError: The weights cannot be had.
    """
    known = card(settings.name)
    if known.weights is None:
        if settings.weights is not None:
            raise ConfigError(f"model {known.name} has no weights: --weights {settings.weights} is of no use to it")
        return None
    if settings.weights is not None:
        found = local_sha256(settings.weights)
        published = known.weights.sha256 is not None and found == known.weights.sha256.lower()
        return Checkpoint(settings.weights, found, _PUBLISHED if published else _GIVEN)
    place = elsewhere(known.weights)
    if place is not None and find(known.name, known.weights) is None:
        return Checkpoint(place, local_sha256(place), _ELSEWHERE)
    kept = fetch(known.name, known.weights, accept=accept, no_network=no_network, teller=teller)
    return Checkpoint(kept.path, kept.record.sha256, kept.record.trust.value)


def with_checkpoint(settings: ModelSettings) -> ModelSettings:
    """The same settings with the path of the weights filled in, as `checkpoint` finds them.

    Raises:
        ConfigError, WeightsError: As in `checkpoint`.
    """
    if settings.weights is not None and card(settings.name).weights is not None:
        return settings
    found = checkpoint(settings)
    return settings if found is None else replace(settings, weights=found.path)
