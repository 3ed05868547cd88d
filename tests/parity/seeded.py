"""Seeded weights: a state dict that is the same on every machine, made from its key names and shapes alone.

Each vector file pairs inputs with what the published architecture makes of them under these weights. Whoever has the
same keys and the same arithmetic gets the same outputs, and nobody needs a checkpoint.
"""

from __future__ import annotations

import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

DATA = Path(__file__).parent / "data"


def seeded(key: str, shape: tuple[int, ...], seed: int = 0) -> NDArray[Any]:
    """The value of one state-dict entry: normal noise from a counter keyed by seed and name, scaled by its role."""
    role = key.rpartition(".")[2]
    if role == "num_batches_tracked":
        return np.zeros(shape, np.int64)
    counter = np.random.Philox(key=(seed << 32) | zlib.crc32(key.encode()))
    noise = np.random.Generator(counter).standard_normal(shape, dtype=np.float32)
    if role == "running_mean":
        value = 0.1 * noise
    elif role == "running_var":
        value = 1.0 + 0.1 * np.abs(noise)
    elif len(shape) >= 2:
        value = noise / np.sqrt(max(int(np.prod(shape[1:])), 1))
    elif role == "weight":
        value = 1.0 + 0.1 * noise
    else:
        value = 0.02 * noise
    return np.asarray(value, np.float32)


@cache
def manifest(name: str) -> dict[str, Any]:
    """What a published network's state dict holds: `seeded` and `derived` entries, each key with its shape."""
    held: dict[str, Any] = json.loads((DATA / f"{name}_manifest.json").read_text())
    return held


def seeded_state(name: str, seed: int = 0) -> dict[str, torch.Tensor]:
    """The seeded entries of a network's state dict; derived ones are the network's own affair."""
    entries = manifest(name)["seeded"].items()
    return {key: torch.from_numpy(seeded(key, tuple(shape), seed)) for key, shape in entries}


@cache
def vectors(name: str) -> dict[str, Any]:
    """The arrays of a vector file, its `meta` parsed."""
    with np.load(DATA / f"{name}.npz") as held:
        arrays: dict[str, Any] = {key: held[key] for key in held.files if key != "meta"}
        return arrays | {"meta": json.loads(str(held["meta"]))}
