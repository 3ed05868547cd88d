"""Composes the configuration and hands over a Plan; below this file nobody meets hydra."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import PurePath
from typing import Any

import yaml
from hydra import compose, initialize_config_module
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, OverrideParseException
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from vmatte.config.presets import presets
from vmatte.core.errors import ConfigError
from vmatte.models.registry import ModelSettings, card, cards
from vmatte.run.plan import Plan


def load(overrides: Sequence[str] = ()) -> Plan:
    """The plan that the shipped configuration and these `key=value` overrides make.

    Raises:
        ConfigError: An unknown key or model, or a value of the wrong type or out of range.
    """
    plan = OmegaConf.to_object(_composed(overrides))
    assert isinstance(plan, Plan)
    return plan


def composed_yaml(overrides: Sequence[str] = ()) -> str:
    """The composed configuration as YAML: feed its values back as overrides and the same plan comes out.

    Raises:
        ConfigError: As in `load`.
    """
    config = _composed(overrides)
    OmegaConf.to_object(config)
    return yaml.dump(OmegaConf.to_container(config, enum_to_str=True), Dumper=_Dumper, sort_keys=False)


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
    _register()
    # A host application may hold a hydra of its own; ours lives inside this `with` and leaves no trace.
    held = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_module("vmatte.conf", version_base=None):
            config = compose("vmatte", overrides=list(overrides))
        OmegaConf.to_object(config)
        return config
    except (HydraException, OmegaConfBaseException, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(_explained(error, overrides)) from error
    finally:
        GlobalHydra.instance().hydra = held


def _register() -> None:
    store = ConfigStore.instance()
    store.store(group="schema", name="plan", node=_schema(Plan(model=MISSING)))
    store.store(group="schema/model", name="auto", node=_schema(ModelSettings(name="auto")))
    shipped = files("vmatte.conf") / "model"
    for known in cards().values():
        store.store(group="schema/model", name=known.name, node=_schema(known.settings()))
        # Models of other packages come without a YAML of theirs.
        if not (shipped / f"{known.name}.yaml").is_file():
            store.store(group="model", name=known.name, node=_schema(known.settings()))


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


def _explained(error: Exception, overrides: Sequence[str]) -> str:
    """Hydra's complaint in one line, with the override it is about."""
    for override in overrides:
        key, _, value = override.partition("=")
        if key == "model" and value != "auto" and value not in cards():
            try:
                card(value)
            except ConfigError as unknown:
                return str(unknown)
        if key == "preset" and value not in presets():
            return f"unknown preset {value!r}: there are {', '.join(presets())}"
    if isinstance(error, OverrideParseException):
        return f"cannot read --set {error.override}: write key=value, and quote a value with special characters twice"
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConfigError):
            return str(cause)
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    # OmegaConf says what was expected; hydra, around it, only that something went wrong.
    teller = next((link for link in chain if isinstance(link, OmegaConfBaseException)), chain[-1])
    told = str(teller).strip().split("\n")[0]
    everything = " ".join(map(str, chain))
    # The longest key first: `model.x` is to blame for what also mentions `model`.
    about = next((text for text in sorted(overrides, key=_depth, reverse=True) if _key(text) in everything), None)
    if about and about.startswith("model.") and not any(text.startswith("model=") for text in overrides):
        told = "settings of a model need the model's name as well: add --model NAME"
    blame = f"cannot apply --set {about}: " if about else ""
    return f"{blame}{told}; `vmatte config` lists every key and its value"


def _depth(override: str) -> int:
    return override.partition("=")[0].count(".")


def _key(override: str) -> str:
    return re.split(r"[=]", override.lstrip("+~"), maxsplit=1)[0].split(".")[-1]
