"""Steps a model with memory from frame to frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, cast

from vmatte.core.types import Frame, Hints, Matte, RecurrentModel, Stream
from vmatte.models.naming import naming

StateT = TypeVar("StateT")


def stepped(model: RecurrentModel[StateT], state: StateT, frames: Iterator[Frame], hints: Hints) -> Stream[Matte]:
    """One matte a frame, from that memory on.

    A model on another device may offer `launch`, which is `step` but for the matte, for which it gives a call that
    waits for it. That call is made one frame later, when the device has the next frame to work on.

    Raises:
        ModelError: The model failed; names the frame.
    """
    if hasattr(model, "launch"):
        yield from _ahead(cast("Any", model), state, frames, hints)
        return
    for frame in frames:
        with naming(frame):
            state, matte = model.step(state, frame, hints)
        yield matte
        del frame, matte


def _ahead(model: Any, state: StateT, frames: Iterator[Frame], hints: Hints) -> Stream[Matte]:  # noqa: ANN401
    waiting = None
    for frame in frames:
        with naming(frame):
            state, launched = model.launch(state, frame, hints)
        if waiting is not None:
            with naming(frame):
                matte = waiting()
            yield matte
            del matte
        waiting = launched
        del frame, launched
    if waiting is not None:
        yield waiting()
