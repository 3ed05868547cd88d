"""Where results go: names, folders, and what must not be overwritten."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vmatte.core.errors import OutputError
from vmatte.core.types import View
from vmatte.hints.read import stem
from vmatte.io.writers import output_kind, output_path
from vmatte.io.writers.partial import refuse_taken
from vmatte.run.plan import Foreground, Job, Plan
from vmatte.run.report import is_report
from vmatte.run.views import Alpha, Rgba


@dataclass(frozen=True)
class Output:
    """One file or folder to be written: its name in the table of writers, its final path and what it shows."""

    name: str
    path: Path
    view: View


def check_report(job: Job) -> Path:
    """Where the report goes; checked first, since nothing but the job need be known.

    Raises:
        OutputError: Its folder cannot be written, or a file that is no report of ours has its name.
    """
    report = _report_path(job)
    _check_folder(report.parent)
    if not job.overwrite and report.exists() and not is_report(report):
        raise OutputError(
            f"{report} exists already and is no report of ours: choose another folder, or say --overwrite"
        )
    return report


def planned_outputs(job: Job, plan: Plan, objects: Sequence[str]) -> list[Output]:
    """The outputs of a job with their final names, checked against what is on disk.

    Args:
        job: The job.
        plan: Its plan.
        objects: Names of the objects that are to have files of their own; empty for one subject.

    Raises:
        ConfigError: An unknown output.
        OutputError: An output exists already.
    """
    extend = -1 if plan.foreground is Foreground.source else plan.extend
    outputs = []
    for place, name in enumerate(objects or ("",)):
        views: dict[str, View] = {"alpha": Alpha(place), "rgba": Rgba(extend, place)}
        outputs += [Output(kind, path, views[output_kind(kind).view]) for kind, path in _named(job, plan, name)]
    for output in outputs:
        refuse_taken(output.path, folder=output_kind(output.name).is_sequence, overwrite=job.overwrite)
    return outputs


def _folder(job: Job) -> Path:
    return job.out if job.out is not None else job.clip.absolute().parent


def _named(job: Job, plan: Plan, name: str = "") -> list[tuple[str, Path]]:
    """Names and final paths of the outputs of one object."""
    base = f"{stem(job.clip)}.{name}" if name else stem(job.clip)
    return [(kind, output_path(_folder(job), base, kind)) for kind in plan.outputs]


def _report_path(job: Job) -> Path:
    return _folder(job) / f"{stem(job.clip)}.report.json"


def refuse_collisions(jobs: Sequence[Job], plan: Plan) -> None:
    """Stops before two clips of one call write to the same names, or one over what another is read from.

    Raises:
        OutputError: They would.
    """
    inputs = {Path(text).resolve() for job in jobs for text in (job.clip, *job.masks, job.plate) if text is not None}
    for job in jobs:
        for output in (*(path for _, path in _named(job, plan)), _report_path(job)):
            if output.resolve() in inputs:
                raise OutputError(f"{job.clip}: its result {output} would replace an input: choose another --out")
    taken: dict[Path, list[Path]] = defaultdict(list)
    for job in jobs:
        taken[_folder(job).absolute() / stem(job.clip)].append(job.clip)
    for target, clips in taken.items():
        if len(clips) > 1:
            names = " and ".join(map(str, clips))
            raise OutputError(f"{names} would both be written to {target}.*: give them separate --out folders")


def _check_folder(folder: Path) -> None:
    """The folder exists, or can be made, and takes files."""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise OutputError(f"{folder}: {existing} is not a folder; choose another --out")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: no permission to write there; choose another folder with --out")
