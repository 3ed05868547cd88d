"""Several objects in one pass: one memory each, the frames shared."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

from vmatte.core.keeping import FORGETFUL, Keeper
from vmatte.core.types import Clip, Frame, Hints, Matte, Stream
from vmatte.io.spool import Tee
from vmatte.models.keyframes import Keyframed


class Objects:
    """A Matter that runs another once for each object the hints name, and gives a layer for each.

    Each run sees the other objects as background; nothing makes the layers exclude each other or add up to one. So the
    published inference of MatAnyone treats several targets, one run each. What two masks share is up to each run.

    The runs go side by side, so a model that remembers what it computed from the last picture alone does so once for
    all objects. One that has to wait, because its first mask comes late, reads its frames again from disk.
    """

    keeps = True

    def __init__(self, matter: Keyframed[Any]) -> None:
        self._matter = matter

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        """One matte a frame, with one layer an object in the order of `Hints.objects`."""
        if not hints.objects:
            yield from self._matter.mattes(clip, hints, frames, keeper)
            return
        gathered = _Gathered(keeper, len(hints.objects))
        with ExitStack() as stack:
            tee = stack.enter_context(Tee(frames, len(hints.objects)))
            runs = [
                stack.enter_context(
                    closing(self._matter.mattes(clip, hints.of(name), tee.reader(number), gathered.of(number)))
                )
                for number, name in enumerate(hints.objects)
            ]
            for mattes in zip(*runs, strict=True):
                named = zip(hints.objects, mattes, strict=True)
                yield Matte(mattes[0].frame, tuple(replace(matte.layers[0], name=name) for name, matte in named))


class _Gathered:
    """One state of all runs, for a keeper that knows of one model."""

    def __init__(self, keeper: Keeper, count: int) -> None:
        self.keeper, self._count = keeper, count
        self._waiting: dict[int, dict[int, object]] = {}
        self.kept: Mapping[int, Any] = {} if keeper.kept is None else keeper.kept

    def of(self, number: int) -> Keeper:
        """The keeper of one run."""
        return _Share(self, number)

    def keep(self, number: int, index: int, state: object) -> None:
        """Keeps all states once the last one is there; a run that does not come to it leaves all without."""
        self._waiting = {at: states for at, states in self._waiting.items() if at >= index}
        states = self._waiting.setdefault(index, {})
        # The others are asked later, when this run has gone on.
        states[number] = copy.deepcopy(state)
        if len(states) == self._count:
            self.keeper.keep(index, self._waiting.pop(index))


class _Share:
    """A Keeper for one of several runs."""

    def __init__(self, all_runs: _Gathered, number: int) -> None:
        self._all, self._number = all_runs, number

    @property
    def kept(self) -> Any:  # noqa: ANN401  every model has its own
        """As in `Keeper`."""
        return self._all.kept.get(self._number)

    def due(self, index: int) -> bool:
        """As in `Keeper`."""
        return self._all.keeper.due(index)

    def keep(self, index: int, state: object) -> None:
        """As in `Keeper`."""
        self._all.keep(self._number, index, state)
