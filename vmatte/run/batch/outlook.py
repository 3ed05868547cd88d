"""What a batch will take: frames, bytes on the disk and time, as far as can be known before it runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from vmatte.core.errors import OutputError, VmatteError
from vmatte.core.types import Clip
from vmatte.io.open import OpenedSource, open_source
from vmatte.run.batch.elsewhere import lies_elsewhere
from vmatte.run.batch.perform import reported
from vmatte.run.batch.share import cores
from vmatte.run.batch.task import Task
from vmatte.run.build import check_weights, input_options
from vmatte.run.estimate import Size, sizes
from vmatte.run.given import hindrance
from vmatte.run.outputs import Scene, opened_backdrop, planned_outputs
from vmatte.run.plan import Plan
from vmatte.run.report import read_report

# As many as an estimate of one clip is made from, for the same reasons.
_FRAMES = 6


@dataclass(frozen=True)
class Outlook:
    """What is known of a job before it runs.

    Attributes:
        clip: Facts about the source; None when it cannot be read.
        frames: There are to do; None when only decoding will tell.
        bytes: Its results will take, sound left out; None when that is not known.
        seconds: It will take one worker, going by what is done already; None when nothing is.
        why: It cannot run, as far as can be seen: its clip or a hint is missing or damaged, or its weights are not to
            be had. Empty if it can.
    """

    clip: Clip | None = None
    frames: int | None = None
    bytes: float | None = None
    seconds: float | None = None
    why: str = ""


def outlooks(tasks: Sequence[Task], known: Iterable[Task] = ()) -> dict[int, Outlook]:
    """The outlook of each task, by number.

    Args:
        tasks: Those that are to run.
        known: Whose reports, if there are any, tell how long frames take.
    """
    with ThreadPoolExecutor(min(8, cores()), thread_name_prefix="vmatte-outlook") as threads:
        seen = dict(zip((task.number for task in tasks), threads.map(_seen, tasks), strict=True))
    pace = _paces(known)
    weights: dict[int, str] = {}
    known_sizes: dict[object, list[Size] | None] = {}
    for task in tasks:
        found = seen[task.number]
        if (clip := found.clip) is None:
            continue
        # Jobs alike share a plan.
        if (plan := id(task.plan)) not in weights:
            weights[plan] = _weights(task.plan)
        if weights[plan] and not found.why:
            found = seen[task.number] = replace(found, why=weights[plan])
        # Clips of one size and depth, written alike, are taken to need as much for a frame.
        alike = (clip.width, clip.height, clip.depth, tuple(task.plan.outputs))
        if alike not in known_sizes:
            known_sizes[alike] = _measured(task)
        each, speed = known_sizes[alike], pace.get(task.plan.model.name)
        if found.frames is not None:
            seconds = None if speed is None else speed * found.frames * clip.width * clip.height
            seen[task.number] = replace(found, bytes=_total(each, found.frames), seconds=seconds)
    return seen


def _weights(plan: Plan) -> str:
    """Why a plan's weights are not to be had; empty if they are here or may be fetched."""
    try:
        check_weights(plan)
    except VmatteError as error:
        return str(error)
    return ""


def refuse_full(root: Path, looks: Mapping[int, Outlook]) -> None:
    """Stops before a batch that the disk cannot hold.

    Raises:
        OutputError: It cannot.
    """
    wanted = sum(look.bytes or 0 for look in looks.values())
    free = free_bytes(root)
    if free is not None and wanted > free:
        raise OutputError(
            f"{root}: the results need about {wanted / 1e9:.1f} GB and {free / 1e9:.1f} GB are free: free some, choose "
            "another --out, or say --ignore-space"
        )


def free_bytes(folder: Path) -> int | None:
    """Bytes free where a folder is or would be made; None when the system does not say."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        usage = shutil.disk_usage(place)
    except OSError:
        return None
    # What is no place for files has no room at all.
    return usage.free if usage.total else None


def _seen(task: Task) -> Outlook:
    try:
        with open_source(task.job.clip, input_options(task.plan)) as source:
            clip, (first, stop) = source.clip, source.span(task.job.start, task.job.end)
    except VmatteError as error:
        return Outlook(why="" if lies_elsewhere(task) else str(error))
    if stop is None:
        stop = clip.frames or (round(clip.duration * clip.rate) if clip.duration is not None else None)
    why = "" if lies_elsewhere(task) else _hindrance(task, clip, (first, stop))
    return Outlook(clip, None if stop is None else max(0, stop - first), why=why)


def _hindrance(task: Task, clip: Clip, span: tuple[int, int | None]) -> str:
    """Why a job cannot run whose clip can be read; empty if it can, as far as can be seen."""
    try:
        backdrop = opened_backdrop(task.job, task.plan, clip)
    except VmatteError as error:
        return str(error)
    if backdrop is not None:
        backdrop.close()
    return hindrance(task.job, task.plan, clip, span)


def _total(each: Sequence[Size] | None, frames: int) -> float | None:
    return None if each is None else sum(size.of(frames) for size in each)


def _measured(task: Task) -> list[Size] | None:
    """What each output takes; None when that cannot be found out."""
    job = replace(task.job, overwrite=True)
    with suppress(VmatteError), open_source(job.clip, input_options(task.plan)) as source:
        backdrop = opened_backdrop(job, task.plan, source.clip)
        try:
            outputs = planned_outputs(job, task.plan, Scene(source.clip, task.plan.model.name, backdrop=backdrop))
            start = _middle(source, job.start, job.end)
            return sizes(source, (start, start + _FRAMES), outputs, 1, task.plan)
        finally:
            if backdrop is not None:
                backdrop.close()
    return None


def _middle(source: OpenedSource, begin: float | None, end: float | None) -> int:
    first, stop = source.span(begin, end)
    return first if stop is None else max(first, (first + stop - _FRAMES) // 2)


def _paces(known: Iterable[Task]) -> dict[str, float]:
    """Seconds a pixel of a frame, by the model that was asked for, from reports."""
    work: dict[str, list[float]] = {}
    for task in known:
        data = read_report(reported(task)) or {}
        with suppress(KeyError, TypeError, ValueError, ZeroDivisionError):
            clip = data["clip"]
            frames = int(data["frames"]) - int(data.get("before", 0))
            seconds = float(data["wall"]) / (frames * int(clip["width"]) * int(clip["height"]))
            work.setdefault(task.plan.model.name, []).append(seconds)
    return {name: sum(found) / len(found) for name, found in work.items()}
