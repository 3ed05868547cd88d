"""One long clip on several workers: each makes the mattes of a part, one then makes the results from all of them.

For models whose frames know nothing of each other; for any model where the clip is cut, as all start over there. Mattes
lie between the two as exact numbers in the output folder, so smoothing, colours and files come out as if one worker had
done it all. Parts that are done stay done when others fail.
"""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace

from vmatte.core.errors import ConfigError
from vmatte.core.types import Frame
from vmatte.hints.shots import Shot, find_shots
from vmatte.io.mattes import MatteFile, read_facts
from vmatte.io.open import open_source
from vmatte.models.lift import Batched, facts
from vmatte.models.registry import card
from vmatte.run.batch.digest import sealed
from vmatte.run.batch.elsewhere import lies_elsewhere
from vmatte.run.batch.outlook import Outlook
from vmatte.run.batch.perform import reported, stay_inside
from vmatte.run.batch.task import Advanced, Began, Ended, Event, Outcome, Part, Retried, State, Take, Task
from vmatte.run.build import Load, input_options, prepare
from vmatte.run.clip import Progress
from vmatte.run.plan import Shots


def splittable(task: Task) -> bool:
    """Whether a task may be worked on in parts.

    Either at its cuts, or anywhere if its model may be one whose frames know nothing of each other; its worker looks
    again.
    """
    job, plan = task.job, task.plan
    # A folder of a worker's own is no place for what others are to read.
    if lies_elsewhere(task) or plan.model.name == "auto" or job.start is not None or job.end is not None:
        return False
    return plan.shots is Shots.auto or _apart(task)


def _apart(task: Task) -> bool:
    """Whether the model may be one whose frames know nothing of each other."""
    known = card(task.plan.model.name)
    return known.weights is not None and not known.steady and not known.needs


def parts_of(task: Task, frames: int, most: int) -> tuple[Part, ...]:
    """Parts of at most so many frames; of whole shots, where they are known, one of which may be longer.

    None when there would be one only.
    """
    anywhere = task.shots is None or _apart(task)
    starts = _starts(task.shots, most) if task.shots else list(range(0, frames, most)) if anywhere else []
    if len(starts) < 2:
        return ()
    folder = reported(task).with_suffix(".parts")
    # Containers lie about the number of frames: the last part takes whatever comes.
    stops = [*starts[1:], None]
    return tuple(Part(first, stop, folder / f"{first:09d}.mattes") for first, stop in zip(starts, stops, strict=True))


def _starts(shots: Sequence[Shot], most: int) -> list[int]:
    starts: list[int] = []
    for shot in shots:
        if not starts or shot.stop - starts[-1] > most:
            starts.append(shot.first)
    return starts


def survey(task: Task, progress: Progress) -> Outcome:
    """Finds the cuts of a clip.

    Raises:
        VmatteError: Whatever stopped it.
    """
    started = time.monotonic()

    def heard(frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            # No frame is done by this; but whoever waits is to hear that there is life.
            progress(0, None)
            yield frame

    with open_source(task.job.clip, input_options(task.plan)) as source, closing(source.frames()) as frames:
        shots = find_shots(heard(frames), source.clip.rate)
    return Outcome(State.done, seconds=time.monotonic() - started, shots=tuple(shots))


def make_part(task: Task, progress: Progress, load: Load) -> Outcome:
    """Makes the mattes of one part.

    Raises:
        VmatteError: Whatever stopped it.
    """
    part, started = task.part, time.monotonic()
    assert part is not None
    seal = sealed(task)
    if not task.afresh and (read_facts(part.path) or {}).get("seal") == seal:
        return Outcome(State.done, seconds=time.monotonic() - started)
    count = 0
    with ExitStack() as stack:
        prepared = prepare(task.job, task.plan, load=load, shots=_inside(task.shots, part))
        stack.enter_context(prepared.source)
        if prepared.backdrop is not None:
            stack.enter_context(closing(prepared.backdrop))
        stay_inside(task.root, prepared)
        matter = prepared.matter
        assert matter is not None
        if not task.shots and not (isinstance(matter, Batched) and matter.apart):
            raise ConfigError(f"model {prepared.settings.name} with these settings cannot be split: leave out --split")
        frames = stack.enter_context(closing(prepared.source.frames(part.first, part.stop)))
        file = stack.enter_context(MatteFile(part.path))
        for matte in stack.enter_context(closing(matter.mattes(prepared.source.clip, prepared.hints, frames))):
            file.write(matte)
            count += 1
            progress(count, None if part.stop is None else part.stop - part.first)
        file.finish({"seal": seal, "facts": facts(matter), "frames": count})
    return Outcome(State.done, frames=count, seconds=time.monotonic() - started)


def _inside(shots: Sequence[Shot] | None, part: Part) -> list[Shot] | None:
    """The shots of a part."""
    if shots is None:
        return None
    return [shot for shot in shots if part.first <= shot.first and (part.stop is None or shot.first < part.stop)]


def remove_parts(task: Task) -> None:
    """Takes away what was set aside, once the results are there."""
    for folder in {part.path.parent for part in task.parts}:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Open:
    """A clip that is worked on in parts; at first one whose cuts are to be found, if it is for them to say where."""

    task: Task
    left: dict[int, int]
    done: int = 0
    total: int | None = None
    begun: bool = False
    failure: Outcome | None = None


@dataclass
class Splits:
    """Stands between a queue and its listener: hands out parts of long clips, and the joining when all are done.

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
        if frames is None or frames <= self.most or not splittable(task):
            return task
        whole = self._whole[task.number] = _Open(task, {}, total=frames)
        if task.plan.shots is Shots.auto:
            self._hand(whole, replace(task, survey=True))
        else:
            self._divide(whole, task)
        return self._ready.popleft()

    def _divide(self, whole: _Open, task: Task) -> None:
        parts = parts_of(task, whole.total or 0, self.most)
        whole.task = replace(task, parts=parts)
        for part in parts:
            self._hand(whole, replace(task, part=part))
        if not parts:
            self._ready.appendleft(whole.task)

    def _hand(self, whole: _Open, task: Task) -> None:
        # Numbers below zero are nobody else's.
        self._count -= 1
        whole.left[self._count], self._open[self._count] = 0, whole
        self._ready.append(replace(task, number=self._count))

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
        elif shots := event.outcome.shots:
            # A clip of one shot was never cut.
            self._divide(whole, replace(whole.task, shots=shots if len(shots) > 1 else ()))
        else:
            self._ready.appendleft(whole.task)
