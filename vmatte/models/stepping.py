"""Steps a model with memory from frame to frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from itertools import islice
from typing import Any, TypeVar, cast

from vmatte.core.types import Frame, Hints, Matte, RecurrentModel, Stream
from vmatte.models.naming import naming

StateT = TypeVar("StateT")


def stepped(
    model: RecurrentModel[StateT], state: StateT, frames: Iterator[Frame], hints: Hints
) -> Generator[Matte, None, StateT]:
    """One matte a frame, from that memory on; the memory after the last of them is what the generator returns.

    A model on another device may offer `launch`, which is `step` but for the matte, for which it gives a call that
    waits for it. That call is made one frame later, when the device has the next frame to work on. One that has a
    `chunk` takes up to that many frames at once in `launch` and gives a call for each; it says itself whether to be
    `ahead`.

    Raises:
        ModelError: The model failed; names the frame, or the first one of its chunk.
    """
    if hasattr(model, "chunk"):
        return (yield from _chunked(cast("Any", model), state, frames, hints))
    if hasattr(model, "launch"):
        return (yield from _ahead(cast("Any", model), state, frames, hints))
    for frame in frames:
        with naming(frame):
            state, matte = model.step(state, frame, hints)
        yield matte
        del frame, matte
    return state


def _ahead(
    model: Any,  # noqa: ANN401
    state: StateT,
    frames: Iterator[Frame],
    hints: Hints,
) -> Generator[Matte, None, StateT]:
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
    return state


def _chunked(
    model: Any,  # noqa: ANN401
    state: StateT,
    frames: Iterator[Frame],
    hints: Hints,
) -> Generator[Matte, None, StateT]:
    waiting: deque[tuple[Frame, Callable[[], Matte]]] = deque()
    while chunk := list(islice(frames, model.chunk)):
        with naming(chunk[0]):
            state, launched = model.launch(state, chunk, hints)
        before = len(waiting) if model.ahead else len(waiting) + len(chunk)
        waiting.extend(zip(chunk, launched, strict=True))
        del chunk, launched
        yield from _fetched(waiting, before)
    yield from _fetched(waiting, len(waiting))
    return state


def _fetched(waiting: deque[tuple[Frame, Callable[[], Matte]]], count: int) -> Stream[Matte]:
    for _ in range(count):
        frame, made = waiting.popleft()
        with naming(frame):
            matte = made()
        yield matte
        del frame, made, matte
