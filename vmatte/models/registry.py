"""The register of models: cards, found by folder or entry point, and torch-free until a model is built.

A folder `vmatte/models/<architecture>/` whose `__init__` defines `CARDS` is a model. Other packages add theirs
through the entry-point group `vmatte.models`, each entry naming such a tuple of cards.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, cast

from vmatte.core.errors import ConfigError
from vmatte.core.near import meant
from vmatte.core.types import Frame, Hints
from vmatte.nets.signature import Signature
from vmatte.weights.published import Weights

__all__ = ["Card", "ModelSettings", "Weights", "build", "card", "cards", "exported", "preflight"]


@dataclass(frozen=True)
class ModelSettings:
    """What a user may change about a model; each model's own dataclass extends it.

    Attributes:
        name: The card's name.
        weights: Checkpoint to load instead of the one in the store; of no use to a model without weights.
    """

    name: str = ""
    weights: Path | None = None


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a model's factory is told about where and how to compute.

    Attributes:
        device: `auto`, `cpu`, `cuda` or `mps`; models without a network run on the CPU whatever it says.
        precision: `auto`, `fp32`, `bf16` or `fp16`; of no meaning to models without a network.
    """

    device: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True, slots=True)
class Card:
    """What there is to know about a model without building it.

    Attributes:
        name: `architecture` or `architecture.variant`.
        summary: One line for people on what it is for, that can stand by itself.
        factory: `package.module:function`, imported on first use; called with the settings and a Runtime.
        settings: Dataclass of this model's settings, a ModelSettings; cards of one network may share it.
        needs: Names of hints it cannot work without.
        takes: Names of hints it uses when given.
        gives: `alpha`, and `colour` when it estimates the foreground itself.
        licence: Of the code and, if any, the weights.
        paper: What it implements.
        weights: The published checkpoint; None when it has none.
        extra: Name of the optional dependency group it needs.
        preflight: `package.module:function` that looks at the hints and a frame before the run; see `preflight`.
        export: `package.module:function` that writes it as an ONNX graph; see `exported`.
        signature: Keys by which its checkpoints are told from those of other models.
        steady: Whether its mattes need no smoothing: it knows more than the frame before it.
    """

    name: str
    summary: str
    factory: str
    settings: type[ModelSettings]
    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    gives: frozenset[str] = frozenset({"alpha"})
    licence: str = "MIT"
    paper: str = ""
    weights: Weights | None = None
    extra: str | None = None
    preflight: str | None = None
    export: str | None = None
    signature: Signature | None = None
    steady: bool = False

    def made(self, **changes: Any) -> ModelSettings:  # noqa: ANN401  whatever the settings hold
        """Its settings as they are unless changed."""
        return self.settings(**{"name": self.name, **changes})

    @property
    def family(self) -> str:
        """The package that its factory lives in: cards of one network share it."""
        return self.factory.partition(":")[0].rpartition(".")[0]


def _brought(entry: EntryPoint) -> Sequence[Card]:
    """The cards that another package brings."""
    try:
        found: Sequence[Card] = tuple(entry.load())
    except Exception as error:
        raise ConfigError(
            f"the package that adds models by {entry.name} = {entry.value} cannot be loaded "
            f"({type(error).__name__}: {error}): update it, or uninstall it"
        ) from error
    if any(not isinstance(card, Card) for card in found):
        raise ConfigError(
            f"the package that adds models by {entry.name} = {entry.value} names something else than cards: update it, "
            "or uninstall it"
        )
    return found


@cache
def cards() -> dict[str, Card]:
    """All cards by name, sorted."""
    found: dict[str, Card] = {}
    package = importlib.import_module("vmatte.models")
    folders = [
        importlib.import_module(f"vmatte.models.{entry.name}")
        for entry in pkgutil.iter_modules(package.__path__)
        if entry.ispkg
    ]
    own = [card for folder in folders for card in getattr(folder, "CARDS", ())]
    foreign = [card for entry in entry_points(group="vmatte.models") for card in _brought(entry)]
    for card in own + foreign:
        if card.name in found:
            raise ConfigError(f"two models are called {card.name!r}: uninstall the package that adds the second one")
        found[card.name] = card
    return dict(sorted(found.items()))


def card(name: str) -> Card:
    """The card called `name`.

    Raises:
        ConfigError: There is none; the message names the nearest.
    """
    known = cards()
    if name not in known:
        raise ConfigError(f"unknown model {name!r}: {meant(name, known)}`vmatte models` lists all")
    return known[name]


def signatures() -> Sequence[Signature]:
    """Of all models that have one: what a wrong checkpoint is compared with."""
    found = {card.signature.model: card.signature for card in cards().values() if card.signature is not None}
    return list(found.values())


def build(settings: ModelSettings, runtime: Runtime | None = None) -> Any:  # noqa: ANN401  any of the model protocols
    """Imports the factory of the model these settings belong to and calls it."""
    factory = cast("Callable[[ModelSettings, Runtime], Any]", _named(card(settings.name).factory))
    return factory(settings, runtime or Runtime())


def preflight(settings: ModelSettings, hints: Hints, frame: Frame) -> Sequence[str]:
    """What the model has to say about its hints before the run, in sentences; nothing for most models.

    Raises:
        HintError: They do not belong to the clip that `frame` is from.
    """
    name = card(settings.name).preflight
    if name is None:
        return ()
    look = cast("Callable[[ModelSettings, Hints, Frame], Sequence[str]]", _named(name))
    return look(settings, hints, frame)


def exported(settings: ModelSettings, out: Path, size: tuple[int, int] | None) -> str:
    """Writes the model as an ONNX graph; what frames it takes, in words.

    Args:
        settings: With the path of the weights.
        out: The file.
        size: (width, height) of the frames; None leaves it open, where the model can.

    Raises:
        ConfigError: It has no graph, or none with these settings.
        WeightsError: Its weights are not its.
        OutputError: The file cannot be written.
    """
    write = cast("Callable[[ModelSettings, Path, tuple[int, int] | None], str]", _named(exporter(settings.name)))
    return write(settings, out, size)


def exporter(name: str) -> str:
    """What writes a model's graph, as `package.module:name`.

    Raises:
        ConfigError: It has no graph.
    """
    found = card(name).export
    if found is None:
        able = ", ".join(known.name for known in cards().values() if known.export is not None)
        raise ConfigError(f"model {name} cannot be exported; these can: {able}")
    return found


def _named(name: str) -> object:
    """Whatever `package.module:name` stands for, imported now."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
