"""A clip of several shots: the model starts over at every cut, with hints of the new shot's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from numpy.typing import NDArray

from vmatte.core.errors import HintError
from vmatte.core.keeping import FORGETFUL, Keeper
from vmatte.core.types import Clip, Frame, Hints, MapSource, Matte, Matter, Stage, Stream
from vmatte.hints.shots import Shot, find_shots
from vmatte.io.open import OpenedSource
from vmatte.models.registry import Card
from vmatte.run.given import Given, Sampler, estimated_plate, made_mask
from vmatte.run.plan import Plan, Shots


@dataclass(frozen=True)
class Scenes:
    """The shots of a run with what is known about each.

    Attributes:
        shots: In order.
        hints: Of each.
    """

    shots: Sequence[Shot]
    hints: Sequence[Hints]

    def matter(self, matter: Matter) -> Matter:
        """The model, started over at every cut."""
        return PerShot(matter, self)

    def stage(self, make: Callable[[], Stage]) -> Stage:
        """A stage with memory, made anew at every cut."""
        return StagePerShot(make, self.shots)

    def ranges(self) -> tuple[tuple[int, int], ...]:
        """First and last frame of each shot."""
        return tuple((shot.first, shot.stop - 1) for shot in self.shots)


def shots_of(plan: Plan, source: OpenedSource, span: tuple[int, int | None]) -> list[Shot]:
    """The shots of a run, for which all of it is decoded once; none when nobody asked, or it was never cut."""
    if plan.shots is not Shots.auto:
        return []
    with closing(source.frames(*span)) as frames:
        found = find_shots(frames, source.clip.rate)
    return found if len(found) > 1 else []


def told(shots: Sequence[Shot], plan: Plan) -> list[str]:
    """What was found, for the notes of a run."""
    if plan.shots is not Shots.auto:
        return []
    if not shots:
        return ["no cut was found"]
    named = ", ".join(str(shot.first) for shot in shots[1:8]) + (", ..." if len(shots) > 8 else "")
    return [f"{len(shots)} shots: the model starts over at frame {named}"]


def longest(shots: Sequence[Shot]) -> Shot:
    """The one that says most about the clip."""
    return max(shots, key=lambda shot: shot.stop - shot.first)


def hinted(shots: Sequence[Shot], given: Given, known: Card, plan: Plan, source: OpenedSource) -> Scenes:
    """Gives every shot its own hints: the masks that lie in it, or one made for it; its own plate if one is estimated.

    Raises:
        HintError: The model needs a mask, and a shot has none and none can be made.
    """
    return Scenes(shots, [_hints(shot, given, known, plan, source) for shot in shots])


def _hints(shot: Shot, given: Given, known: Card, plan: Plan, source: OpenedSource) -> Hints:
    sampled = Sampler(source, shot.first, shot.stop)
    maps = dict(given.maps)
    if given.estimated:
        try:
            maps["plate"] = estimated_plate(sampled, False, given)
        except HintError as error:
            raise HintError(f"the shot of {shot}: {error}") from error
    inside = {name: found for name, source in given.objects.items() if (found := _within(source, shot)) is not None}
    if missing := sorted(given.objects.keys() - inside.keys()):
        raise HintError(
            f"the shot of {shot} has no mask of {missing[0]}: with several objects every shot needs one of each, such "
            f"as --object {missing[0]}={shot.first}=FILE"
        )
    if "mask" in maps and (mask := _within(maps["mask"], shot)) is not None:
        return Hints({**maps, "mask": mask}, inside)
    maps.pop("mask", None)
    if "mask" not in known.needs:
        return Hints(maps)
    try:
        made = made_mask(replace(given, maps=maps), plan, source, sampled)
    except HintError as error:
        raise HintError(
            f"the shot of {shot} has no mask, and none can be made: give one with --mask {shot.first}=FILE ({error})"
        ) from error
    return Hints({**maps, "mask": made})


@dataclass(frozen=True, slots=True, eq=False)
class _Within:
    """Those of a hint's maps that lie in one shot; a MapSource."""

    source: MapSource
    indices: Sequence[int]

    def at(self, index: int) -> NDArray[Any] | None:
        return self.source.at(index)


def _within(source: MapSource, shot: Shot) -> MapSource | None:
    if source.indices is None:
        return source
    found = [index for index in source.indices if shot.first <= index < shot.stop]
    return _Within(source, found) if found else None


class PerShot:
    """A Matter that starts over at every cut."""

    def __init__(self, matter: Matter, scenes: Scenes) -> None:
        self._matter, self._scenes = matter, scenes

    @property
    def keeps(self) -> bool:
        """Whether the model keeps its state."""
        return bool(getattr(self._matter, "keeps", False))

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        """One matte a frame; each shot's come from its own hints."""
        for at, part, inner in _going_on(frames, self._scenes.shots, _number, keeper):
            with closing(self._matter.mattes(clip, self._scenes.hints[at], part, *inner)) as mattes:
                yield from mattes


class StagePerShot:
    """A Stage that forgets at every cut."""

    def __init__(self, make: Callable[[], Stage], shots: Sequence[Shot]) -> None:
        self._make, self._shots = make, shots

    @property
    def lag(self) -> int:
        """Frames by which mattes come out late."""
        return int(getattr(self._make(), "lag", 0))

    def __call__(self, clip: Clip, mattes: Iterator[Matte], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        for _, part, inner in _going_on(mattes, self._shots, lambda matte: matte.frame.index, keeper):
            with closing(self._make()(clip, part, *inner)) as staged:
                yield from staged


class _OfShot:
    """A Keeper of what is made anew at every cut: with the state, it keeps in which shot that was."""

    def __init__(self, keeper: Keeper, at: int, kept: object) -> None:
        self._keeper, self._at = keeper, at
        self.kept: Any = kept

    def due(self, index: int) -> bool:
        return self._keeper.due(index)

    def keep(self, index: int, state: object) -> None:
        self._keeper.keep(index, (self._at, state))


def _going_on(
    items: Iterator[Any], shots: Sequence[Shot], number: Callable[[Any], int], keeper: Keeper
) -> Iterator[tuple[int, Iterator[Any], tuple[Any, ...]]]:
    """From the shot on that an earlier run got to: its place, its items, and its keeper unless nothing is kept."""
    begun, state = keeper.kept or (0, None)
    for at, part in enumerate(_parts(items, shots[begun:], number), begun):
        yield at, part, () if keeper is FORGETFUL else (_OfShot(keeper, at, state if at == begun else None),)


def _number(frame: Frame) -> int:
    return frame.index


def _parts(items: Iterator[Any], shots: Iterable[Shot], number: Callable[[Any], int]) -> Iterator[Iterator[Any]]:
    """One iterator a shot, to be read to its end before the next; the last one takes whatever comes."""
    waiting: list[Any] = []

    def part(stop: int | None) -> Iterator[Any]:
        for item in chain([waiting.pop()] if waiting else [], items):
            if stop is not None and number(item) >= stop:
                waiting.append(item)
                return
            yield item

    stops = [shot.stop for shot in shots]
    for stop in stops[:-1]:
        yield part(stop)
    yield part(None)
