"""Composes the configuration and hands over a Plan; below this file nobody meets hydra."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml
from hydra import compose, initialize_config_module
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

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
    return yaml.safe_dump(OmegaConf.to_container(config, enum_to_str=True), sort_keys=False)


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
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(_explained(error, overrides)) from error
    finally:
        GlobalHydra.instance().hydra = held


def _register() -> None:
    store = ConfigStore.instance()
    model: Any = MISSING
    store.store(group="schema", name="plan", node=Plan(model=model))
    store.store(group="schema/model", name="auto", node=ModelSettings(name="auto"))
    for known in cards().values():
        store.store(group="schema/model", name=known.name, node=known.settings)


def _explained(error: Exception, overrides: Sequence[str]) -> str:
    """Hydra's complaint in one line, with the override it is about."""
    for override in overrides:
        key, _, value = override.partition("=")
        if key == "model" and value != "auto" and value not in cards():
            try:
                card(value)
            except ConfigError as unknown:
                return str(unknown)
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConfigError):
            return str(cause)
        chain.append(str(cause).strip().split("\n")[0])
        cause = cause.__cause__ or cause.__context__
    told = chain[-1] if chain[-1] else chain[0]
    about = next((text for text in overrides if _key(text) and _key(text) in " ".join(chain)), None)
    keys = "; `vmatte config` lists every key and its value"
    return f"cannot apply --set {about}: {told}{keys}" if about else f"{told}{keys}"


def _key(override: str) -> str:
    return re.split(r"[=]", override.lstrip("+~"), maxsplit=1)[0].split(".")[-1]
