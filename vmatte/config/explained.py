"""What each setting is for: the first sentence of its place in the docstring that every dataclass of settings has."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

# Explanations stand in one column where keys and values leave room.
_COLUMN = 34


def explanations(settings: object, prefix: str = "") -> dict[str, str]:
    """One line for each key, `input.rate` and the like, with the values it takes where they are a list.

    Args:
        settings: A dataclass with other dataclasses in it.
        prefix: Of its keys.
    """
    told = attributes(type(settings))
    found = {}
    for field in fields(settings):  # type: ignore[arg-type]  # any dataclass will do
        value = getattr(settings, field.name)
        key = f"{prefix}{field.name}"
        choices = f" ({', '.join(choice.name for choice in type(value))})" if isinstance(value, Enum) else ""
        found[key] = told.get(field.name, "") + choices
        if is_dataclass(value):
            found |= explanations(value, f"{key}.")
    return found


def attributes(kind: type) -> dict[str, str]:
    """The first sentence of each attribute that a class or one it extends describes, without its full stop."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        # Of a dataclass without a docstring, the one that Python makes has no such section.
        _, _, section = inspect.cleandoc(one.__dict__.get("__doc__") or "").partition("Attributes:\n")
        for name, text in re.findall(r"^    (\w+): (.+(?:\n     .+)*)", section, re.MULTILINE):
            found[name] = re.split(r"\.(?:\s|$)", " ".join(text.split()), maxsplit=1)[0]
    return found


def annotated(text: str, told: Mapping[str, str]) -> str:
    r"""YAML of nested mappings with the explanation of each key behind it.

    >>> print(annotated("a:\n  b: 1\n", {"a": "How", "a.b": "How many"}), end="")
    a:                                # How
      b: 1                            # How many
    """
    lines, path = [], [""]
    for line in text.splitlines():
        key = re.match(r"( *)([\w.-]+):", line)
        if key:
            path[len(key[1]) // 2 :] = [key[2]]
        about = told.get(".".join(path), "") if key else ""
        lines.append(f"{line.ljust(_COLUMN - 1)} # {about}" if about else line)
    return "\n".join(lines) + "\n"


def flat(data: Mapping[Any, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, with dotted keys for their inner nodes and leaves."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        found[f"{prefix}{key}"] = value
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
    return found
