"""Composes the configuration and hands over a Plan; below this file nobody meets hydra."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path, PurePath
from typing import Any

import yaml
from hydra import compose, initialize_config_module
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from vmatte.config.explained import annotated, explanations, flat
from vmatte.config.mistakes import explained
from vmatte.core.errors import ConfigError
from vmatte.models.registry import Card, ModelSettings, cards
from vmatte.run.plan import Plan


def load(overrides: Sequence[str] = (), weights: Path | None = None) -> Plan:
    """The plan that the shipped configuration and these `key=value` overrides make.

    Args:
        overrides: `--set` takes such.
        weights: A checkpoint for the model. Where overrides set something about a model that they do not name, it is
            the one that the checkpoint is of.

    Raises:
        ConfigError: An unknown key or model, or a value of the wrong type or out of range.
        WeightsError: Such a model is asked for, and the checkpoint is of none.
    """
    keys = [override.partition("=")[0] for override in overrides]
    if weights is not None and any(key.startswith("model.") for key in keys) and not {"model", "preset"} & set(keys):
        from vmatte.models.recognise import recognised

        overrides = [f"model={recognised(weights).card.name}", *overrides]
    plan = OmegaConf.to_object(_composed(overrides))
    assert isinstance(plan, Plan)
    return plan if weights is None else plan.with_weights(weights)


def composed_yaml(overrides: Sequence[str] = ()) -> str:
    """The composed configuration as YAML, each key explained: its values as overrides give the same plan again.

    Raises:
        ConfigError: As in `load`.
    """
    config = _composed(overrides)
    text = yaml.dump(OmegaConf.to_container(config, enum_to_str=True), Dumper=_Dumper, sort_keys=False)
    return annotated(text, explanations(OmegaConf.to_object(config)))


class _Dumper(yaml.SafeDumper):
    """Writes paths as the text they were given as."""


_Dumper.add_multi_representer(PurePath, lambda dumper, path: dumper.represent_str(str(path)))


def plan_as_data(plan: Plan) -> dict[str, Any]:
    """A plan as nested plain values, for a report."""
    config = OmegaConf.structured(plan)
    data = OmegaConf.to_container(config, enum_to_str=True)
    assert isinstance(data, dict)
    return {str(key): value for key, value in data.items()}


def _composed(overrides: Sequence[str]) -> DictConfig:
    """The configuration that overrides make; nobody may change it, as callers share it."""
    for text in overrides:
        if re.match(r"[+~]*hydra\b", text):
            raise ConfigError(
                f"{text}: settings are composed here, not by a program of hydra's, so its launchers and multirun have "
                "nothing to run; on Slurm take `vmatte batch --part I/N` in a job array, or --executor ray"
            )
    return _composed_from(tuple(cards().values()), tuple(overrides))


@lru_cache(maxsize=64)
def _composed_from(known: tuple[Card, ...], overrides: tuple[str, ...]) -> DictConfig:
    # Remembered: composing takes 0.2 s of CPU time, matting and writing six frames of 128x96 takes 0.4 s.
    if "plan.yaml" not in ConfigStore.instance().repo.get("schema", {}):
        _register.cache_clear()  # a host application may have put another store in place
    _register(known)
    # A host application may hold a hydra of its own; ours lives inside this `with` and leaves no trace.
    held = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_module("vmatte.conf", version_base=None):
            config = compose("vmatte", overrides=list(overrides))
        OmegaConf.to_object(config)
        return config
    except (HydraException, OmegaConfBaseException, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(explained(error, overrides, lambda: _keys(overrides))) from error
    finally:
        GlobalHydra.instance().hydra = held


def _keys(overrides: Sequence[str]) -> list[str]:
    """All keys there are for the model and preset that the overrides name."""
    base = [text for text in overrides if text.partition("=")[0] in ("model", "preset")]
    data = OmegaConf.to_container(_composed(base))
    assert isinstance(data, dict)
    return list(flat(data))


@cache
def _register(known_cards: tuple[Card, ...]) -> None:
    """Tells hydra of all settings; once, as this takes a third of the time of a composition."""
    store = ConfigStore.instance()
    store.store(group="schema", name="plan", node=_schema(Plan(model=MISSING)))
    store.store(group="schema/model", name="auto", node=_schema(ModelSettings(name="auto")))
    shipped = files("vmatte.conf") / "model"
    for known in known_cards:
        store.store(group="schema/model", name=known.name, node=_schema(known.made()))
        # Models of other packages come without a YAML of theirs.
        if not (shipped / f"{known.name}.yaml").is_file():
            store.store(group="model", name=known.name, node=_schema(known.made()))


def _schema(settings: object) -> DictConfig:
    """A typed node that can be overridden: OmegaConf marks those of frozen dataclasses read-only, each by itself."""
    node: DictConfig = OmegaConf.structured(settings)
    waiting = [node]
    while waiting:
        here = waiting.pop()
        OmegaConf.set_readonly(here, None)
        children = [here._get_node(key) for key in here if not OmegaConf.is_missing(here, key)]
        waiting += [child for child in children if isinstance(child, DictConfig)]
    return node
