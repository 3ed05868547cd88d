"""Looks inside a network while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn


@contextmanager
def tapped(network: nn.Module, modules: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """What these submodules made, by their names, while the context lasts."""
    found: dict[str, Tensor] = {}

    def keep(name: str, _: object, given: object, made: Any) -> None:
        found[name] = made

    hooks = [network.get_submodule(name).register_forward_hook(partial(keep, name)) for name in modules]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def apart(held: dict[str, Any], key: str, made: Tensor | NDArray[Any]) -> float:
    """The largest difference to an entry of a vector file, of which only every n-th row and column may be kept."""
    step = held["meta"]["strides"].get(key, 1)
    values = made.numpy() if isinstance(made, Tensor) else made
    values = values[..., ::step, ::step]
    assert values.shape == held[key].shape, (key, values.shape, held[key].shape)
    return float(np.abs(values.astype(np.float64) - held[key]).max())
