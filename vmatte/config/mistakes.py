"""What is wrong with an override, in one line that a user can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from hydra.errors import OverrideParseException
from omegaconf.errors import OmegaConfBaseException

from vmatte.config.presets import presets
from vmatte.core.errors import ConfigError
from vmatte.core.near import meant
from vmatte.models.registry import card, cards


def explained(error: Exception, overrides: Sequence[str], keys: Callable[[], Sequence[str]]) -> str:
    """Hydra's complaint in one line, with the override it is about and what may have been meant.

    Args:
        error: What was raised.
        overrides: Those that were composed.
        keys: Gives the keys there are.
    """
    for override in overrides:
        key, _, value = override.partition("=")
        if key == "model" and value != "auto" and value not in cards():
            try:
                card(value)
            except ConfigError as unknown:
                return str(unknown)
        if key == "preset" and value not in presets():
            return f"unknown preset {value!r}: {meant(value, presets())}there are {', '.join(presets())}"
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
    elif about:
        told += _meant(told, about, keys)
    blame = f"cannot apply --set {about}: " if about else ""
    return f"{blame}{told}; `vmatte config` lists every key and its value, `vmatte models show NAME` those of a model"


def _depth(override: str) -> int:
    return override.partition("=")[0].count(".")


def _key(override: str) -> str:
    return re.split(r"[=]", override.lstrip("+~"), maxsplit=1)[0].split(".")[-1]


def _meant(told: str, override: str, keys: Callable[[], Sequence[str]]) -> str:
    """The key or value that is nearest to the wrong one, as a question."""
    if listed := re.search(r"Invalid value '(.*)', expected one of \[(.*)\]", told):
        near = get_close_matches(listed[1], listed[2].split(", "), n=1)
    elif re.search(r"Key '.*' not in ", told):
        key = override.partition("=")[0].lstrip("+~")
        known = keys()
        near = get_close_matches(key, known, n=1) or [one for one in known if one.endswith(f".{key}")][:1]
    else:
        near = []
    return f": did you mean {near[0]!r}?" if near else ""
