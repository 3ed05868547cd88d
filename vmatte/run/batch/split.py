"""One long clip on several workers: each makes the mattes of a part, one then makes the results from all of them.

For models whose frames know nothing of each other. Mattes lie between the two as exact numbers in the output folder, so
smoothing, colours and files come out as if one worker had done it all. Parts that are done stay done when others fail.
"""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Any

from vmatte.core.errors import ConfigError, InputError
from vmatte.core.types import Clip, Frame, Hints, Matte, Stream
from vmatte.io.mattes import MatteFile, read_facts, read_layers
from vmatte.models.lift import Batched, facts
from vmatte.models.registry import card
from vmatte.run.batch.digest import sealed
from vmatte.run.batch.elsewhere import lies_elsewhere
from vmatte.run.batch.outlook import Outlook
from vmatte.run.batch.perform import reported, stay_inside
from vmatte.run.batch.task import Advanced, Began, Ended, Event, Outcome, Part, Retried, State, Take, Task
from vmatte.run.build import Load, prepare
from vmatte.run.clip import Progress
from vmatte.run.plan import Shots


def splittable(task: Task) -> bool:
    """Whether a task's model may be one whose frames know nothing of each other; its worker looks again."""
    job, plan = task.job, task.plan
    # A folder of a worker's own is no place for what others are to read.
    if lies_elsewhere(task) or plan.model.name == "auto" or plan.shots is not Shots.off:
        return False
    if job.start is not None or job.end is not None:
        return False
    known = card(plan.model.name)
    return known.weights is not None and not known.steady and not known.needs


def parts_of(task: Task, frames: int | None, most: int) -> tuple[Part, ...]:
    """Parts of at most so many frames; none when the clip is no longer than that, or cannot be split."""
    if frames is None or frames <= most or not splittable(task):
        return ()
    folder = reported(task).with_suffix(".parts")
    starts = range(0, frames, most)
    # Containers lie about the number of frames: the last part takes whatever comes.
    stops = [*starts[1:], None]
    return tuple(Part(first, stop, folder / f"{first:09d}.mattes") for first, stop in zip(starts, stops, strict=True))


def make_part(task: Task, progress: Progress, load: Load) -> Outcome:
    """Makes the mattes of one part.

    Raises:
        VmatteError: Whatever stopped it.
    """
    part, started = task.part, time.monotonic()
    assert part is not None
    seal = sealed(task)
    if (read_facts(part.path) or {}).get("seal") == seal:
        return Outcome(State.done, seconds=time.monotonic() - started)
    count = 0
    with ExitStack() as stack:
        prepared = prepare(task.job, task.plan, load=load)
        stack.enter_context(prepared.source)
        if prepared.backdrop is not None:
            stack.enter_context(closing(prepared.backdrop))
        stay_inside(task.root, prepared)
        matter = prepared.matter
        if not isinstance(matter, Batched) or not matter.apart:
            raise ConfigError(f"model {prepared.settings.name} with these settings cannot be split: leave out --split")
        frames = stack.enter_context(closing(prepared.source.frames(part.first, part.stop)))
        file = stack.enter_context(MatteFile(part.path))
        for matte in stack.enter_context(closing(matter.mattes(prepared.source.clip, prepared.hints, frames))):
            file.write(matte)
            count += 1
            progress(count, None if part.stop is None else part.stop - part.first)
        file.finish({"seal": seal, "facts": facts(matter), "frames": count})
    return Outcome(State.done, frames=count, seconds=time.monotonic() - started)


class Joined:
    """A Matter whose mattes were made in parts."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self._parts = parts

    def facts(self) -> dict[str, Any]:
        """What the model had to say of how it ran, and in how many parts."""
        told = read_facts(self._parts[0].path) or {}
        return {**told.get("facts", {}), "parts": len(self._parts)}

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]:
        """One matte a frame.

        Raises:
            InputError: A part is damaged, or has other frames than the clip.
        """
        made = (found for part in self._parts for found in read_layers(part.path))
        for frame in frames:
            index, layers = next(made, (-1, ()))
            if index != frame.index:
                raise InputError(f"{clip.path}: no matte was set aside for frame {frame.index}; run again")
            yield Matte(frame, layers)


def remove_parts(task: Task) -> None:
    """Takes away what was set aside, once the results are there."""
    for folder in {part.path.parent for part in task.parts}:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Open:
    """A clip that is worked on in parts."""

    task: Task
    left: dict[int, int]
    done: int = 0
    total: int | None = None
    begun: bool = False
    failure: Outcome | None = None


@dataclass
class Splits:
    """Stands between a queue and its listener: hands out parts for long clips, and the joining when all are done.

    Attributes:
        source: Gives whole tasks.
        listener: Told of whole tasks.
        looks: What is known of the clips.
        most: Frames of a part.
    """

    source: Take
    listener: Callable[[Event], None]
    looks: Mapping[int, Outlook]
    most: int
    _ready: deque[Task] = field(default_factory=deque)
    _open: dict[int, _Open] = field(default_factory=dict)
    _whole: dict[int, _Open] = field(default_factory=dict)
    _count: int = 0

    def take(self) -> Task | None:
        """The next part, joining or whole task."""
        if self._ready:
            return self._ready.popleft()
        task = self.source()
        if task is None:
            return None
        frames = self.looks.get(task.number, Outlook()).frames
        parts = parts_of(task, frames, self.most)
        if not parts:
            return task
        whole = _Open(replace(task, parts=parts), {}, total=frames)
        for part in parts:
            # Numbers below zero are nobody else's.
            self._count -= 1
            whole.left[self._count], self._open[self._count] = 0, whole
            self._ready.append(replace(task, number=self._count, part=part))
        self._whole[task.number] = whole
        return self._ready.popleft()

    def tell(self, event: Event) -> None:
        """An event of a part, of a joining or of a whole task."""
        number = getattr(event, "number", 0)
        whole = self._open.get(number)
        if whole is not None:
            self._part(whole, event)
        elif not (isinstance(event, Began) and number in self._whole):
            # What joins has begun with its first part.
            self.listener(event)

    def _part(self, whole: _Open, event: Event) -> None:
        number = whole.task.number
        if isinstance(event, Began):
            if not whole.begun:
                whole.begun = True
                self.listener(Began(number, event.worker))
        elif isinstance(event, Advanced):
            whole.left[event.number] = event.done
            self.listener(Advanced(number, whole.done + sum(whole.left.values()), whole.total))
        elif isinstance(event, Retried):
            whole.left[event.number] = 0
        elif isinstance(event, Ended):
            self._ended(whole, event)

    def _ended(self, whole: _Open, event: Ended) -> None:
        del self._open[event.number]
        del whole.left[event.number]
        whole.done += event.outcome.frames
        if event.outcome.state is State.failed and whole.failure is None:
            whole.failure = event.outcome
            # The rest would be of no use now.
            for task in [task for task in self._ready if self._open.get(task.number) is whole]:
                self._ready.remove(task)
                del self._open[task.number], whole.left[task.number]
        if whole.left:
            return
        if whole.failure is not None:
            self.listener(Ended(whole.task.number, whole.failure))
        else:
            self._ready.appendleft(whole.task)
