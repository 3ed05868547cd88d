"""Seeded weights: a state dict that is the same on every machine, made from its key names and shapes alone.

Each vector file pairs inputs with what the published architecture makes of them under these weights. Whoever has the
same keys and the same arithmetic gets the same outputs, and nobody needs a checkpoint.
"""

from __future__ import annotations

import json
import re
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


def seeded_state(name: str, seed: int = 0, option: str | None = None, only: str = ".*") -> dict[str, torch.Tensor]:
    """The seeded entries of a network's state dict; derived ones are the network's own affair.

    Args:
        name: Of the manifest. Its `adjust` rules scale and move entries whose whole key they match, one after another,
            where plain noise would leave a network without signal; its `alias` entries equal the entries they name.
        seed: Another one gives another, equally valid state dict.
        option: Picks the value of a rule that has several.
        only: Pattern of the keys that are wanted; the others are not drawn.
    """
    held = manifest(name)
    wanted = {key: tuple(shape) for key, shape in held["seeded"].items() if re.fullmatch(only, key)}
    state = {key: seeded(key, shape, seed) for key, shape in wanted.items()}
    for rule in held.get("adjust", ()):
        mul, add = (_chosen(rule.get(kind, plain), option) for kind, plain in (("mul", 1.0), ("add", 0.0)))
        for key in state:
            if re.fullmatch(rule["match"], key):
                state[key] = state[key] * mul + add
    state |= {key: state[source] for key, source in held.get("alias", {}).items() if source in state}
    return {key: torch.from_numpy(value) for key, value in state.items()}


def _chosen(value: Any, option: str | None) -> np.float32:
    return np.float32(value[option] if isinstance(value, dict) else value)


@cache
def vectors(name: str) -> dict[str, Any]:
    """The arrays of a vector file, its `meta` parsed."""
    with np.load(DATA / f"{name}.npz") as held:
        arrays: dict[str, Any] = {key: held[key] for key in held.files if key != "meta"}
        return arrays | {"meta": json.loads(str(held["meta"]))}
