"""Reads a checkpoint file into a plain state dict: safetensors, or a torch file; code in it is never run."""

from __future__ import annotations

import json
import pickle
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor

from vmatte.core.errors import WeightsError
from vmatte.nets.program import is_program, program_state
from vmatte.nets.signature import Signature, nearest

# Where published training checkpoints keep the weights among other things.
WRAPPERS = ("weights", "state_dict", "model")

# What data parallelism and torch.compile put before every key.
PREFIXES = ("module.", "_orig_mod.")

# A safetensors file begins with the length of its header as eight bytes, then the header's brace.
_LENGTH = 8
_ZIP = b"PK\x03\x04"
_PICKLE = b"\x80"


# Keys stand at the front of both kinds of file; those of the largest network known here take 0.2 MiB.
_FRONT = 1 << 22
# What torch and pickle raise at files that are not whole.
_DAMAGE = (
    EOFError, RuntimeError, ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, zipfile.BadZipFile,
)  # fmt: skip


class _CutShortError(WeightsError):
    """Part of the file is missing."""


def read_checkpoint(
    path: Path,
    wrappers: Sequence[str] = WRAPPERS,
    prefixes: Sequence[str] = PREFIXES,
    candidates: Sequence[Signature] = (),
) -> dict[str, Tensor]:
    """The state dict in a file, on the CPU, floating-point entries in float32.

    What kind of file it is follows from its content, whatever it is called.

    Args:
        path: A .safetensors file, a .pth, .pt or .ckpt file that torch can read as weights only, or a TorchScript
            file, of which only the weights are read.
        wrappers: Keys under which a training checkpoint may keep the weights.
        prefixes: What may stand before every key and does not belong to it.
        candidates: Known models, of which the error about a truncated file names the nearest.

    Raises:
        WeightsError: The file is missing, cut off, damaged, of another kind, or holds code or no weights.
    """
    tensors = _tensors(path, wrappers, candidates, "cpu")
    return {key: _single(value) for key, value in _without_prefix(tensors, prefixes).items()}


def entries(path: Path, candidates: Sequence[Signature] = ()) -> dict[str, tuple[int, ...]]:
    """The shape of each entry of the state dict in a file, without reading a value.

    Raises:
        WeightsError: As in `read_checkpoint`.
    """
    tensors = _without_prefix(_tensors(path, WRAPPERS, candidates, "meta"), PREFIXES)
    return {key: tuple(value.shape) for key, value in tensors.items()}


def _tensors(path: Path, wrappers: Sequence[str], candidates: Sequence[Signature], device: str) -> dict[str, Tensor]:
    """The state dict in a file under the keys that it has there."""
    kind = _kind(path)
    try:
        if kind == "safetensors":
            loaded = _read_safetensors(path, device)
        else:
            loaded = _read_torch(path, device, zipped=kind == "zip")
    except _CutShortError as error:
        raise WeightsError(f"{error}{_remains(path, candidates)}: fetch it again") from error
    state = _unwrapped(loaded, wrappers)
    tensors = {key: value for key, value in state.items() if isinstance(key, str) and isinstance(value, Tensor)}
    if not tensors or len(tensors) < len(state):
        odd = [str(key) for key in state if key not in tensors]
        what = "holds no weights" if not tensors else "holds more than weights"
        raise WeightsError(f"{path}: {what} ({_few(odd)}): save the model's state_dict() alone")
    return tensors


def _kind(path: Path) -> str:
    """`safetensors`, `zip` (torch since 1.6) or `pickle` (torch before)."""
    try:
        with path.open("rb") as file:
            head = file.read(_LENGTH + 1)
            lead = head + file.read(64)
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such checkpoint file") from error
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror})") from error
    if not size:
        raise WeightsError(f"{path}: the file is empty: fetch it again")
    if head.startswith(_ZIP):
        return "zip"
    if head[_LENGTH:] == b"{":
        return "safetensors"
    if head.startswith(_PICKLE):
        return "pickle"
    if lead.lstrip().startswith((b"<", b"version https://git-lfs")):
        raise WeightsError(f"{path}: a web page or a pointer to the checkpoint, not the checkpoint: fetch it again")
    raise WeightsError(f"{path}: neither a safetensors nor a torch checkpoint: its first bytes are {head[:8]!r}")


def _read_safetensors(path: Path, device: str) -> Mapping[str, Any]:
    try:
        if device == "meta":
            with safe_open(path, framework="pt") as held:
                keys = list(held.keys())
                return {key: torch.empty(held.get_slice(key).get_shape(), device=device) for key in keys}
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        if missing := _safetensors_shortage(path):
            raise _truncated(path, missing) from error
        raise WeightsError(f"{path}: damaged safetensors file ({error}): fetch it again") from error


def _safetensors_shortage(path: Path) -> str:
    """How much a safetensors file is short of what its header says; empty when nothing is."""
    size = path.stat().st_size
    with path.open("rb") as file:
        header = int.from_bytes(file.read(_LENGTH), "little")
        if header + _LENGTH > size:
            # The format's own limit on headers: more is not a header's length but something else's bytes.
            return "" if header > 100_000_000 else "its header is cut off"
        try:
            entries = json.loads(file.read(header))
            ends = [entry["data_offsets"][1] for key, entry in entries.items() if key != "__metadata__"]
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            return ""
    whole = _LENGTH + header + max(ends, default=0)
    return f"{size} of {whole} bytes are there" if size < whole else ""


def _read_torch(path: Path, device: str, zipped: bool) -> Mapping[str, Any]:
    if zipped and not zipfile.is_zipfile(path):
        raise _truncated(path, "its end is missing")
    try:
        if zipped and is_program(path):
            return _kept(program_state(path), path)
        # As a stream, since torch goes by the name otherwise; its warnings are about pickles that it may refuse.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = torch.load(file, map_location=device, weights_only=True)
    except pickle.UnpicklingError as error:
        if "nsupported" in str(error) or "GLOBAL" in str(error):
            raise WeightsError(
                f"{path}: holds code or objects beside tensors, which is never run: save its state_dict() alone"
            ) from error
        raise _CutShortError(f"{path}: truncated or damaged torch file") from error
    except _DAMAGE as error:
        raise _CutShortError(f"{path}: truncated or damaged torch file") from error
    if not isinstance(loaded, Mapping):
        raise WeightsError(f"{path}: holds a {type(loaded).__name__}, not a state dict: save its state_dict()")
    return loaded


def _kept(state: Mapping[str, Tensor], path: Path) -> Mapping[str, Tensor]:
    """The weights of a TorchScript program, if it has any."""
    if not state:
        raise WeightsError(
            f"{path}: a frozen TorchScript program, whose weights have lost their names: take the state dict of the "
            "same release"
        )
    return state


def _truncated(path: Path, how: str) -> WeightsError:
    return _CutShortError(f"{path}: the checkpoint is truncated ({how})")


def _remains(path: Path, candidates: Sequence[Signature]) -> str:
    """Whose checkpoint it was, by the keys that are left of it."""
    with path.open("rb") as file:
        front = file.read(_FRONT)
    keys = [key for candidate in candidates for key in candidate.keys if key.encode() in front]
    near = nearest(keys, candidates)
    return "" if near is None else f"; what is there of it is a checkpoint of {near.model}"


def _unwrapped(loaded: Mapping[str, Any], wrappers: Sequence[str]) -> Mapping[str, Any]:
    """What lies under the first wrapper found, and under the next inside that."""
    for name in wrappers:
        inner = loaded.get(name)
        if isinstance(inner, Mapping):
            return _unwrapped(inner, wrappers)
    return loaded


def _without_prefix(state: dict[str, Tensor], prefixes: Sequence[str]) -> dict[str, Tensor]:
    """The same entries, less every prefix that all keys share."""
    for prefix in prefixes:
        if all(key.startswith(prefix) for key in state):
            shorter = {key.removeprefix(prefix): value for key, value in state.items()}
            return _without_prefix(shorter, prefixes)
    return state


def _single(value: Tensor) -> Tensor:
    """Float32 for any floating-point precision; other types as they are."""
    return value.float() if value.is_floating_point() else value


def _few(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "it is empty") + more
