"""Mattes set aside exactly, in a file that another process goes on from: float32 as they were, nothing that runs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import InputError, OutputError
from vmatte.core.types import Layer, Matte

_FACTS = "facts.json"
# As in the spool: level 1 shrinks mattes a hundredfold, higher ones cost more time than they save.
_LEVEL = 1


class MatteFile:
    """Writes mattes to a file that has its name when all of them are in it.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._partial = path, path.with_name(f"{path.name}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._zip = zipfile.ZipFile(self._partial, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}") from error

    def __enter__(self) -> MatteFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()
        self._partial.unlink(missing_ok=True)

    def write(self, matte: Matte) -> None:
        """Adds one more.

        Raises:
            OutputError: The disk is full.
        """
        for place, layer in enumerate(matte.layers):
            facts = {"name": layer.name, "confidence": layer.confidence, "dispute": layer.dispute}
            self._add(f"{matte.frame.index}/{place}.json", json.dumps(facts).encode())
            self._add(f"{matte.frame.index}/{place}.alpha", _packed(layer.alpha))
            if layer.colour is not None:
                self._add(f"{matte.frame.index}/{place}.colour", _packed(layer.colour))

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Gives the file its name; `facts` go with it as JSON."""
        self._add(_FACTS, json.dumps(facts).encode())
        try:
            self._zip.close()
            self._partial.replace(self._path)
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror or error}") from error

    def _add(self, name: str, data: bytes) -> None:
        try:
            self._zip.writestr(name, data)
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror or error}") from error


def read_facts(path: Path) -> dict[str, Any] | None:
    """The facts of a finished file; None when there is none."""
    try:
        with zipfile.ZipFile(path) as file:
            found = json.loads(file.read(_FACTS))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    return found if isinstance(found, dict) else None


def read_layers(path: Path) -> Iterator[tuple[int, tuple[Layer, ...]]]:
    """Numbers of frames and their layers, in the order they were written.

    Raises:
        InputError: The file is damaged or missing.
    """
    try:
        with zipfile.ZipFile(path) as file:
            names = set(file.namelist())
            for index in dict.fromkeys(int(name.partition("/")[0]) for name in file.namelist() if "/" in name):
                count = sum(f"{index}/{place}.alpha" in names for place in range(len(names)) if place < 64)
                yield index, tuple(_layer(file, names, f"{index}/{place}") for place in range(count))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: mattes set aside there cannot be read: {error}; remove it and run again") from error


def _layer(file: zipfile.ZipFile, names: set[str], stem: str) -> Layer:
    facts = json.loads(file.read(f"{stem}.json"))
    colour = _unpacked(file.read(f"{stem}.colour")) if f"{stem}.colour" in names else None
    return Layer(facts["name"], _unpacked(file.read(f"{stem}.alpha")), colour, facts["confidence"], facts["dispute"])


def _packed(array: NDArray[np.float32]) -> bytes:
    data = BytesIO()
    np.save(data, array, allow_pickle=False)
    return data.getvalue()


def _unpacked(data: bytes) -> NDArray[np.float32]:
    return np.asarray(np.load(BytesIO(data), allow_pickle=False), np.float32)
