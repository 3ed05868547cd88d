"""States as plain arrays and JSON, and back, without ever running anything that a file asks for.

A pickle may call any function; a frozen state names classes of vmatte that are loaded already, and their instances are
filled without calling anything of theirs. What is shared within a state is shared again afterwards.
"""

from __future__ import annotations

import json
import sys
import threading
from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROOT = "vmatte"
_PLAIN = (bool, int, float, str)
_SEQUENCES: Mapping[str, type] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "deque": deque}
_LOCK = type(threading.Lock())
_TREE = "tree"

Arrays = dict[str, NDArray[Any]]


class FreezeError(TypeError):
    """A state holds something that no file can: an open file, a function of somebody else's."""


class ThawError(ValueError):
    """What is to be read is no frozen state, or one of another version."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How values of another library are stored.

    Attributes:
        name: In the file.
        holds: Whether a value is of this kind.
        freeze: A value as an array, and plain facts for JSON.
        thaw: The value again.
    """

    name: str
    holds: Callable[[Any], bool]
    freeze: Callable[[Any], tuple[NDArray[Any], Mapping[str, Any]]]
    thaw: Callable[[NDArray[Any], Mapping[str, Any]], Any]


_KINDS: dict[str, Kind] = {}


def add_kind(kind: Kind) -> None:
    """Makes values of another library storable."""
    _KINDS[kind.name] = kind


def freeze(state: object) -> Arrays:
    """A state as arrays by name, for `numpy.savez`; they may share memory with the state.

    >>> thaw(freeze({"a": (1, [2.5]), 3: None}))
    {'a': (1, [2.5]), 3: None}

    Raises:
        FreezeError: It holds something that cannot be stored.
    """
    arrays: Arrays = {}
    tree = _Freezing(arrays).node(state)
    arrays[_TREE] = np.frombuffer(json.dumps(tree).encode(), np.uint8)
    return arrays


def thaw(arrays: Mapping[str, NDArray[Any]]) -> Any:  # noqa: ANN401  whatever was frozen
    """The state that `freeze` was given.

    Raises:
        ThawError: These are not its arrays, or the classes it was made of have changed.
    """
    try:
        return _Thawing(arrays).value(json.loads(arrays[_TREE].tobytes()))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise ThawError(f"no state of this version: {type(error).__name__}: {error}") from error


class _Freezing:
    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        # The values are held, or another one could come to lie at the same address.
        self._seen: dict[int, tuple[int, object]] = {}

    def node(self, value: Any) -> Any:  # noqa: ANN401
        if value is None or type(value) in _PLAIN:
            return value
        if id(value) in self._seen:
            return {"ref": self._seen[id(value)][0]}
        number = len(self._seen)
        self._seen[id(value)] = (number, value)
        return {"n": number, **self._described(value)}

    def _described(self, value: Any) -> dict[str, Any]:  # noqa: ANN401
        if isinstance(value, Enum):
            return {"enum": _path(type(value)), "name": value.name}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return {"named": _path(type(value)), "items": [self.node(item) for item in value]}
        if isinstance(value, list | tuple | set | frozenset | deque) and type(value) in _SEQUENCES.values():
            most = {"most": value.maxlen} if isinstance(value, deque) else {}
            return {"seq": type(value).__name__, "items": [self.node(item) for item in value], **most}
        if type(value) in (dict, Counter):
            pairs = [[self.node(key), self.node(item)] for key, item in value.items()]
            return {"map": type(value).__name__, "pairs": pairs}
        return self._stored(value) or self._object(value)

    def _stored(self, value: Any) -> dict[str, Any]:  # noqa: ANN401
        """Values that are numbers or text below; nothing for others."""
        if isinstance(value, np.ndarray) and not value.dtype.hasobject:
            return {"array": self._put(value)}
        if isinstance(value, np.generic):
            return {"scalar": self._put(np.asarray(value))}
        if isinstance(value, array):
            return {"code": value.typecode, "array": self._put(np.frombuffer(value, value.typecode))}
        if isinstance(value, bytes):
            return {"bytes": self._put(np.frombuffer(value, np.uint8))}
        if isinstance(value, slice):
            return {"slice": [self.node(part) for part in (value.start, value.stop, value.step)]}
        if isinstance(value, Fraction):
            return {"fraction": str(value)}
        if isinstance(value, Path):
            return {"file": str(value)}
        if isinstance(value, np.random.Generator):
            return {"random": value.bit_generator.state}
        if isinstance(value, _LOCK):
            return {"lock": True}
        for kind in _KINDS.values():
            if kind.holds(value):
                found, facts = kind.freeze(value)
                return {"kind": kind.name, "array": self._put(found), "facts": dict(facts)}
        return {}

    def _object(self, value: Any) -> dict[str, Any]:  # noqa: ANN401
        path = _path(type(value))
        if hasattr(value, "__next__") or hasattr(value, "fileno"):
            raise FreezeError(f"{path} cannot be kept in a file")
        return {"object": path, "has": {name: self.node(getattr(value, name)) for name in _attributes(value)}}

    def _put(self, found: NDArray[Any]) -> str:
        name = f"a{len(self._arrays)}"
        self._arrays[name] = found
        return name


class _Thawing:
    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._arrays = arrays
        self._made: dict[int, Any] = {}

    def value(self, node: Any) -> Any:  # noqa: ANN401
        if not isinstance(node, dict):
            return node
        if "ref" in node:
            return self._made[node["ref"]]
        if "object" in node:
            return self._filled(node)
        self._made[node["n"]] = found = self._plain(node)
        return found

    def _filled(self, node: dict[str, Any]) -> Any:  # noqa: ANN401
        kind = _class(node["object"])
        # What it holds may refer to it.
        self._made[node["n"]] = made = object.__new__(kind)
        for name, inner in node["has"].items():
            object.__setattr__(made, name, self.value(inner))
        return made

    def _plain(self, node: dict[str, Any]) -> Any:  # noqa: ANN401
        if "seq" in node:
            items = [self.value(item) for item in node["items"]]
            return deque(items, node["most"]) if node["seq"] == "deque" else _SEQUENCES[node["seq"]](items)
        if "map" in node:
            pairs = {self.value(key): self.value(item) for key, item in node["pairs"]}
            return Counter(pairs) if node["map"] == "Counter" else pairs
        if "named" in node:
            return tuple.__new__(_class(node["named"]), [self.value(item) for item in node["items"]])
        if "enum" in node:
            return getattr(_class(node["enum"]), node["name"])
        return self._stored(node)

    def _stored(self, node: dict[str, Any]) -> Any:  # noqa: ANN401
        if "kind" in node:
            return _KINDS[node["kind"]].thaw(self._arrays[node["array"]], node["facts"])
        if "code" in node:
            return array(node["code"], self._arrays[node["array"]].tobytes())
        if "array" in node:
            return self._arrays[node["array"]]
        if "scalar" in node:
            return self._arrays[node["scalar"]][()]
        if "bytes" in node:
            return self._arrays[node["bytes"]].tobytes()
        if "slice" in node:
            return slice(*(self.value(part) for part in node["slice"]))
        if "fraction" in node:
            return Fraction(node["fraction"])
        if "file" in node:
            return Path(node["file"])
        if "lock" in node:
            return threading.Lock()
        state = node["random"]
        if state["bit_generator"] != "PCG64":
            raise ValueError(f"random numbers of {state['bit_generator']}")
        bits = np.random.PCG64()
        bits.state = state
        return np.random.Generator(bits)


def _attributes(value: object) -> Iterator[str]:
    """Names of everything an instance holds."""
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                yield name
    yield from getattr(value, "__dict__", {})


def _path(thing: Any) -> str:  # noqa: ANN401
    """Where a class of ours is found.

    Raises:
        FreezeError: It is not ours, or cannot be found by name.
    """
    path = f"{getattr(thing, '__module__', '')}:{getattr(thing, '__qualname__', '')}"
    try:
        same = _class(path) is thing
    except ValueError:
        same = False
    if not same:
        raise FreezeError(f"{path} cannot be kept in a file")
    return path


def _class(path: str) -> Any:  # noqa: ANN401
    """A class of ours that is loaded already: to read a file imports nothing and calls nothing."""
    module, _, name = path.partition(":")
    found: Any = sys.modules.get(module) if module.split(".")[0] == _ROOT else None
    for part in name.split(".") if found is not None else ():
        found = getattr(found, part, None)
    if not isinstance(found, type) or found.__module__.split(".")[0] != _ROOT:
        raise ValueError(f"no class of ours is called {path}")
    return found
