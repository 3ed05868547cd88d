"""A model's memory from segment to segment, and from a run that ended early to the one that goes on with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from vmatte.core.keeping import Keeper, Parts
from vmatte.core.types import Frame, Hints, Matte, RecurrentModel, Stream
from vmatte.models.stepping import stepped

StateT = TypeVar("StateT")


def carried(
    model: RecurrentModel[StateT], state: StateT, frames: Iterator[Frame], hints: Hints, keeper: Keeper
) -> Stream[Matte]:
    """One matte a frame, from that memory on, which is kept wherever a segment ends.

    Nothing is under way in the model at such a place: a chunk never reaches beyond it.
    """
    parts = Parts(frames, keeper)
    while parts.more():
        state = yield from stepped(model, state, parts.part(), hints)
        parts.end(kept(model, state))


def kept(model: object, state: object) -> dict[str, Any]:
    """A memory with what the model has settled for itself, such as its working size: it is never settled twice.

    A model names these attributes in `settled`.
    """
    return {"state": state, "settled": {name: getattr(model, name) for name in getattr(model, "settled", ())}}


def resumed(model: object, keeper: Keeper) -> Any:  # noqa: ANN401  every model has its own
    """The memory to go on from, the model being told what it had settled; None in a run that starts."""
    found = keeper.kept
    if found is None:
        return None
    for name, value in found["settled"].items():
        setattr(model, name, value)
    return found["state"]
