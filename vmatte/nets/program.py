"""Weights of a TorchScript file, read as data: the program beside them is never compiled and never run.

Such a file is a zip archive. Its `data.pkl` describes the module tree as a pickle whose classes are the program's own,
which stand here for bags of attributes, and whose tensors point to the archive's files of plain numbers.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, cast

import torch
from torch import Tensor

# Storage classes as torch's pickles call them; those of other kinds hold no weights.
_KINDS = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
# Where the program's own classes live, and what its lists and dictionaries are marked with.
_CLASSES, _MARKS = "__torch__", "torch.jit._pickle"


class _Part:
    """An instance of one of the program's classes: its attributes."""

    held: Any = None

    def __setstate__(self, state: Any) -> None:  # noqa: ANN401  whatever the program kept
        self.held = state


def is_program(path: Path) -> bool:
    """Whether a zipped torch file is an export that holds code."""
    with zipfile.ZipFile(path) as held:
        return any(PurePosixPath(name).parts[1:2] == ("code",) for name in held.namelist())


def program_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a program's module by their names, as `torch.jit.load(path).state_dict()` would give them.

    Tensors that are neither parameter nor buffer but lie beside them are among them. A frozen program has none left.

    Raises:
        pickle.UnpicklingError: It refers to anything that is no part of a module tree.
        KeyError, ValueError, RuntimeError, RecursionError: It is damaged.
    """
    with zipfile.ZipFile(path) as held:
        root = PurePosixPath(held.namelist()[0]).parts[0]
        with held.open(f"{root}/data.pkl") as file:
            module = _Reader(cast("Any", file), lambda name: held.read(f"{root}/data/{name}")).load()
    return dict(_tensors(module, ""))


class _Reader(pickle.Unpickler):
    """Calls nothing but what is named here."""

    def __init__(self, file: Any, numbers: Callable[[str], bytes]) -> None:  # noqa: ANN401
        super().__init__(file)
        self._numbers = numbers
        self._read: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        """What a name in the pickle stands for."""
        if module.partition(".")[0] == _CLASSES:
            return _Part
        if module == _MARKS:
            return _unmarked
        if module == "torch" and name in _KINDS:
            return _KINDS[name]
        known = {("torch._utils", "_rebuild_tensor_v2"): _tensor, ("collections", "OrderedDict"): OrderedDict}
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"Unsupported global {module}.{name}")
        return known[module, name]

    def persistent_load(self, place: Any) -> Tensor:  # noqa: ANN401
        """The numbers at a place, ('storage', kind, name of the file, device, count), one after another."""
        _, kind, name, _, _ = place
        if name not in self._read:
            content = bytearray(self._numbers(str(name)))
            self._read[name] = torch.frombuffer(content, dtype=kind) if content else torch.empty(0, dtype=kind)
        return self._read[name]


def _tensor(numbers: Tensor, offset: int, size: Sequence[int], stride: Sequence[int], *_: object) -> Tensor:
    return numbers.as_strided(tuple(size), tuple(stride), offset).clone()


def _unmarked(value: object, *_: object) -> object:
    return value


def _tensors(part: object, prefix: str) -> Iterator[tuple[str, Tensor]]:
    held = part.held if isinstance(part, _Part) else None
    for name, value in held.items() if isinstance(held, dict) else ():
        if isinstance(value, Tensor):
            yield prefix + str(name), value
        else:
            yield from _tensors(value, f"{prefix}{name}.")
