"""Takes a checkpoint that is already on this machine into the store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from vmatte.core.errors import WeightsError
from vmatte.weights.digest import differ, sha256_of
from vmatte.weights.disk import explained
from vmatte.weights.home import shelf
from vmatte.weights.kind import GRAPH, SAFETENSORS, kind_of, refuse_mistakes
from vmatte.weights.locking import locked
from vmatte.weights.published import Weights
from vmatte.weights.record import Trust
from vmatte.weights.store import Stored, keep


def import_file(model: str, weights: Weights, file: Path) -> Stored:
    """Copies a local file into the store.

    Raises:
        WeightsError: It is not there, no weights file, or not the published one.
    """
    with _readable(file):
        kind = kind_of(file, str(file))
    name = weights.file if weights.sha256 else _named_for(kind, weights.file)
    with locked(shelf(model)), explained(shelf(model) / name):
        copy = shelf(model) / f"{name}.import"
        try:
            shutil.copyfile(file, copy)
            found = sha256_of(copy)
            if weights.sha256 is not None and found != weights.sha256.lower():
                raise WeightsError(
                    f"{file} is not the published file of {model}: {differ(weights.sha256, found)}; to use a file of "
                    "your own, give it to a run with --weights FILE"
                )
            trust = Trust.imported if weights.sha256 is None else Trust.published
            return keep(model, weights, copy, name, found, trust, str(file.absolute()))
        finally:
            copy.unlink(missing_ok=True)


def local_sha256(file: Path) -> str:
    """The hash of a file that is used where it lies.

    Raises:
        WeightsError: It is not there, cannot be read, or is plainly no weights file.
    """
    with _readable(file):
        refuse_mistakes(file, str(file))
        return sha256_of(file)


def _named_for(kind: str, name: str) -> str:
    """The published name with an ending that fits the content, because loaders look at it."""
    path = PurePath(name)
    if kind == GRAPH:
        return path.with_suffix(".onnx").name
    if (path.suffix == ".safetensors") == (kind == SAFETENSORS):
        return name
    return path.with_suffix(".safetensors" if kind == SAFETENSORS else ".pth").name


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Turns what the system says when a user's file cannot be read into one line."""
    if not file.is_file():
        raise WeightsError(f"{file} is {'a folder' if file.is_dir() else 'not there'}: name a weights file")
    try:
        yield
    except OSError as error:
        raise WeightsError(f"{file} cannot be read: {error.strerror or error}") from error
