"""What stickers are made of: frames with alpha and their times, from clips, folders, sprite sheets and animations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from vmatte.core.errors import ConfigError, InputError
from vmatte.core.types import Image8, Picture
from vmatte.io.images import is_image, read_image, write_png
from vmatte.io.open import OpenedSource, open_source
from vmatte.io.sample import sample_frames
from vmatte.io.sequence import DEFAULT_RATE
from vmatte.io.writers.animated.check import decoded
from vmatte.io.writers.animated.stated import Stated, stated
from vmatte.io.writers.animated.writer import rgba8
from vmatte.models.registry import card
from vmatte.run.build import input_options
from vmatte.run.choose import screened
from vmatte.run.clip import Progress, run_job
from vmatte.run.emoji.fit import settled
from vmatte.run.plan import Job, Plan

# No platform takes more, and a loop is looked for among all pairs of frames.
LONGEST = 10.0
_MATTED = "ffv1-rgba"
_SIDES = (".gif", ".png", ".apng", ".webp")


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One frame.

    Attributes:
        begin: Milliseconds on the source's clock.
        end: When the next one begins.
        rgba: (H, W, 4) uint8 straight.
    """

    begin: float
    end: float
    rgba: Image8


@dataclass(frozen=True, eq=False)
class Footage:
    """Frames with alpha that can be gone through again.

    Attributes:
        frames: Goes through them.
        notes: What was found, assumed or done.
    """

    frames: Callable[[], Iterator[Shown]]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Matting:
    """How frames without alpha get theirs.

    Attributes:
        plan: Model and settings.
        masks: As in `Job`.
        plate: As in `Job`.
        progress: Told of frames done.
    """

    plan: Plan
    masks: tuple[str, ...] = ()
    plate: Path | None = None
    progress: Progress = lambda done, total: None


@dataclass(frozen=True, slots=True)
class Span:
    """What part of a source is meant.

    Attributes:
        start: Seconds from its first frame; None is the beginning.
        end: Seconds, not included; None is the end.
        sheet: Columns and rows of a sprite sheet; None for anything else.
        rate: Frames a second of folders and sheets; 0 for the usual 24.
    """

    start: float | None = None
    end: float | None = None
    sheet: tuple[int, int] | None = None
    rate: float = 0.0


def read_footage(path: Path, span: Span, matting: Matting, room: Path) -> Footage:
    """The frames of a source, matted unless they have an alpha of their own.

    Args:
        path: Clip, folder, pattern, sprite sheet or animated image.
        span: What part of it.
        matting: How to matte it.
        room: An empty folder for what lies between; it has to live as long as the frames are wanted.

    Raises:
        VmatteError: It cannot be read, or not be matted.
    """
    if span.sheet is not None:
        return _listed(_cells(path, span), matting, room, [])
    if (found := _animation(path)) is not None:
        return _listed(list(_trimmed(found, span)), matting, room, [])
    return _opened(path, span, matting, room)


def _opened(path: Path, span: Span, matting: Matting, room: Path) -> Footage:
    plan = matting.plan if not span.rate else _at_rate(matting.plan, span.rate)
    source = open_source(path, input_options(plan))
    notes = []
    end, length = span.end, float(source.count() / source.clip.rate)
    if end is None and length - (span.start or 0) > LONGEST + 0.5:
        end = (span.start or 0) + LONGEST
        notes.append(f"only {LONGEST:g} s of its {length:.1f} s were looked at: choose a part with --start and --end")
    first, stop = source.span(span.start, end)
    if source.clip.has_alpha:
        footage = Footage(lambda: _walked(source, first, stop), notes)
        if not _solid(footage):
            return Footage(footage.frames, [*notes, "it has an alpha of its own, which was kept"])
        notes.append("its alpha is solid throughout: it was matted")
    job = Job(path, room / "matted", matting.masks, plate=matting.plate, start=span.start, end=end)
    return _matted(job, replace(matting, plan=plan), source, notes)


def _matted(job: Job, matting: Matting, source: OpenedSource, notes: list[str]) -> Footage:
    """Runs the pipeline into a lossless file in the room."""
    plan = matting.plan
    if plan.model.name == "auto" and job.plate is None and job.masks:
        # `auto` follows a mask when there is one; before a plain background the keyer is exact.
        choice = screened(lambda count: [rgb for _, rgb in sample_frames(source, count)])
        plan = plan if choice is None else replace(plan, model=card(choice.model).made())
    plan = replace(plan, outputs=[_MATTED], premultiplied=False)
    report = run_job(job, plan, progress=matting.progress)
    told = [f"matted by {report.model}: {report.why}", *report.warnings]
    made = open_source(Path(report.outputs[0]["path"]))
    return Footage(
        lambda: (replace(shown, rgba=settled(shown.rgba)) for shown in _walked(made, 0, None)), [*notes, *told]
    )


def _at_rate(plan: Plan, rate: float) -> Plan:
    return replace(plan, input=replace(plan.input, rate=rate))


def _walked(source: OpenedSource, first: int, stop: int | None) -> Iterator[Shown]:
    """Frames with times that begin at zero."""
    clip, origin = source.clip, None
    usual = 1 / (clip.rate * clip.time_base)
    held: Shown | None = None
    with closing(source.frames(first, stop)) as frames:
        for frame in frames:
            origin = frame.pts if origin is None else origin
            begin = float((frame.pts - origin) * clip.time_base * 1000)
            end = begin + float((frame.duration or usual) * clip.time_base * 1000)
            if held is not None:
                yield Shown(held.begin, begin, held.rgba)
            held = Shown(begin, end, rgba8(Picture(0, 0, 0, frame.rgb, frame.alpha), clip))
    if held is not None:
        yield held


def _solid(footage: Footage) -> bool:
    return all(int(shown.rgba[..., 3].min()) == 255 for shown in footage.frames())


def _animation(path: Path) -> list[Shown] | None:
    """The frames of an animated image; None if it is something else."""
    if path.suffix.lower() not in _SIDES or not path.is_file():
        return None
    data = path.read_bytes()
    try:
        found: Stated = stated(data)
    except InputError:
        return None
    if not found.durations:
        return None
    times = [0.0, *np.cumsum([float(duration) for duration in found.durations]).tolist()]
    frames = list(decoded(data))
    return [Shown(begin, end, rgba) for (begin, end), rgba in zip(pairwise(times), frames, strict=True)]


def _trimmed(frames: Sequence[Shown], span: Span) -> Iterator[Shown]:
    first = 1000 * (span.start or 0)
    last = float("inf") if span.end is None else 1000 * span.end
    for shown in frames:
        if shown.end > first and shown.begin < last:
            yield Shown(max(shown.begin, first) - first, min(shown.end, last) - first, shown.rgba)


def _cells(path: Path, span: Span) -> list[Shown]:
    """The pictures of a sprite sheet, row by row; empty ones at the end are not counted."""
    if not path.is_file() or not is_image(path):
        raise InputError(f"{path}: --sheet is for one picture with all frames side by side")
    assert span.sheet is not None
    (columns, rows), sheet = span.sheet, _rgba(path)
    height, width = sheet.shape[:2]
    if width % columns or height % rows:
        raise ConfigError(f"{path}: {width}x{height} pixels are not {columns}x{rows} pictures of one size")
    tall, wide = height // rows, width // columns
    cells = [
        np.ascontiguousarray(sheet[row * tall : (row + 1) * tall, column * wide : (column + 1) * wide])
        for row in range(rows)
        for column in range(columns)
    ]
    while len(cells) > 1 and _empty(cells[-1]):
        cells.pop()
    step = 1000 / (span.rate or float(DEFAULT_RATE))
    frames = [Shown(index * step, (index + 1) * step, cell) for index, cell in enumerate(cells)]
    return list(_trimmed(frames, span))


def _rgba(path: Path) -> Image8:
    picture = read_image(path)
    if picture.dtype == np.uint16:
        picture = np.round(picture / 257).astype(np.uint8)
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    solid = np.full((*picture.shape[:2], 1), 255, np.uint8)
    return picture if picture.shape[2] == 4 else np.concatenate([picture, solid], axis=2)


def _empty(cell: Image8) -> bool:
    """Whether a cell shows nothing: all clear, or all of one colour."""
    return not cell[..., 3].any() or bool((cell == cell[0, 0]).all())


def _listed(frames: list[Shown], matting: Matting, room: Path, notes: list[str]) -> Footage:
    """Frames that are in memory, matted as a sequence when they are solid."""
    if not frames:
        raise InputError("no frame lies in the range asked for; check --start and --end")
    footage = Footage(lambda: iter(frames), notes)
    if not _solid(footage):
        return Footage(footage.frames, [*notes, "it has an alpha of its own, which was kept"])
    folder = room / "frames"
    folder.mkdir()
    for index, shown in enumerate(frames):
        write_png(folder / f"{index:06d}.png", shown.rgba[..., :3])
    job = Job(folder, room / "matted", matting.masks, plate=matting.plate)
    matted = _matted(job, matting, open_source(folder), notes)
    again = [Shown(shown.begin, shown.end, made.rgba) for shown, made in zip(frames, matted.frames(), strict=True)]
    return Footage(lambda: iter(again), matted.notes)
