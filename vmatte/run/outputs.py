"""Where results go: names, folders, and what must not be overwritten."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.types import Clip, MapSource, View
from vmatte.hints.read import stem
from vmatte.io.writers import OUTPUTS, expanded, output_kind
from vmatte.io.writers.partial import refuse_taken
from vmatte.io.writers.probe import refusal
from vmatte.run.backdrop import Backdrop, backdrop
from vmatte.run.naming import named
from vmatte.run.plan import Foreground, Job, Light, Plan
from vmatte.run.report import is_report
from vmatte.run.views import Alpha, Background, Layers, Over, Rgba, compare
from vmatte.run.views import Foreground as ForegroundView


@dataclass(frozen=True)
class Output:
    """One file or folder to be written.

    Attributes:
        name: In the table of writers.
        path: Its final path.
        view: What it shows.
        clip: Size, clock and colour of what it shows.
        alpha: How its colours stand to its alpha: `straight`, `premultiplied`, or `none` when it has not both.
    """

    name: str
    path: Path
    view: View
    clip: Clip
    alpha: str = "none"


@dataclass(frozen=True)
class Scene:
    """What views need to know besides the plan.

    Attributes:
        clip: The source.
        model: Name of the model that runs.
        objects: Names of the objects that are to have files of their own; empty for one subject.
        plate: Picture of the empty scene, if there is one.
        backdrop: What finished pictures show behind the subject; None when none is asked for.
    """

    clip: Clip
    model: str
    objects: Sequence[str] = ()
    plate: MapSource | None = None
    backdrop: Backdrop | None = None


def check_report(job: Job, model: str) -> Path:
    """Where the report goes; checked first, since nothing but the job need be known.

    Raises:
        OutputError: Its folder cannot be written, or a file that is no report of ours has its name.
    """
    report = report_path(job, model)
    check_folder(report.parent)
    if not job.overwrite and report.exists() and not is_report(report):
        raise OutputError(
            f"{report} exists already and is no report of ours: choose another folder, or say --overwrite"
        )
    return report


def opened_backdrop(job: Job, plan: Plan, clip: Clip) -> Backdrop | None:
    """The backdrop of finished pictures, if any are asked for.

    Raises:
        ConfigError: It is no colour and no file.
        InputError: It cannot be read.
    """
    views = {output_kind(name).view for name in expanded(plan.outputs)}
    return backdrop(job.over, clip) if views & {"over", "compare"} else None


def planned_outputs(job: Job, plan: Plan, scene: Scene) -> list[Output]:
    """The outputs of a job with their final names, checked against what is on disk.

    Raises:
        ConfigError: An unknown output, one that cannot be premultiplied, or a template that names two alike.
        OutputError: An output exists already, or cannot be written on this machine.
    """
    outputs = []
    for kind, path, place in _named(job, plan, scene.model, scene.objects):
        alpha = _alpha_of(kind, plan)
        view, clip = _view(kind, plan, scene, place, alpha == "premultiplied")
        outputs.append(Output(kind, path, view, clip, alpha))
    paths = [output.path for output in outputs]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise ConfigError(f"--name {job.name!r} gives two outputs the name {twice}: add {{output}} or {{object}}")
    for output in outputs:
        refuse_taken(output.path, folder=output_kind(output.name).is_sequence, overwrite=job.overwrite)
        if (reason := refusal(output.name)) is not None:
            raise OutputError(f"output {output.name} cannot be written here: {reason}")
    return outputs


def _view(kind: str, plan: Plan, scene: Scene, place: int, premultiplied: bool) -> tuple[View, Clip]:
    extend = -1 if plan.foreground is Foreground.source else plan.extend
    wanted, clip = output_kind(kind).view, scene.clip
    if wanted in ("over", "compare"):
        assert scene.backdrop is not None
        over = Over(scene.backdrop, place, clip.colour.transfer if plan.light is Light.linear else None)
        return compare(over, clip) if wanted == "compare" else (over, clip)
    if wanted == "background":
        return Background(clip, place, scene.plate), clip
    if output_kind(kind).layered and scene.objects:
        return Layers(extend), clip
    deep = wanted == "rgba16"
    made: dict[str, View] = {
        "alpha": Alpha(place),
        "foreground": ForegroundView(extend, place),
        "rgba": Rgba(extend, place, premultiplied),
        # EXR is handed straight colours: it multiplies light, not codes.
        "rgba16": Rgba(extend, place, premultiplied and output_kind(kind).premultiplied != "always", deep),
    }
    return made[wanted], clip


def _alpha_of(kind: str, plan: Plan) -> str:
    row = output_kind(kind)
    if row.premultiplied == "always":
        return "premultiplied"
    if not row.view.startswith("rgba"):
        return "none"
    if plan.premultiplied and row.premultiplied == "never":
        raise ConfigError(
            f"{kind} is straight by its standard, and viewers read it so: leave out --premultiplied, or use"
            f" {', '.join(name for name, other in OUTPUTS.items() if other.premultiplied != 'never')}"
        )
    return "premultiplied" if plan.premultiplied else "straight"


def _folder(job: Job) -> Path:
    return job.out if job.out is not None else job.clip.absolute().parent


def _named(job: Job, plan: Plan, model: str, objects: Sequence[str] = ()) -> list[tuple[str, Path, int]]:
    """Outputs with their final paths and the place of what they show among the layers."""
    found = []
    for place, item in enumerate(objects or ("",)):
        for kind in expanded(plan.outputs):
            row = output_kind(kind)
            if row.layered and place:
                continue
            marked = f"{kind}-premultiplied" if plan.premultiplied and row.premultiplied == "on demand" else kind
            shown = "" if row.layered else item
            name = named(job.name, stem=stem(job.clip), output=marked, model=model, item=shown)
            found.append((kind, _folder(job) / f"{name}{row.extension}", place))
    return found


def report_path(job: Job, model: str) -> Path:
    """Where the report of a job goes that runs with this model."""
    name = named(job.name, stem=stem(job.clip), output="report", model=model)
    # A template without {output} names the report like its only output.
    return _folder(job) / (f"{name}.json" if "report" in name else f"{name}.report.json")


def refuse_collisions(jobs: Sequence[Job], plan: Plan | Sequence[Plan]) -> None:
    """Stops before two clips of one call write to the same names, or one over what another is read from.

    Args:
        jobs: All of the call.
        plan: Of all jobs, or one for each.

    Raises:
        OutputError: They would.
    """
    plans = [plan] * len(jobs) if isinstance(plan, Plan) else plan
    inputs = {
        Path(text).resolve()
        for job in jobs
        for text in (job.clip, *job.masks, job.plate, job.trimap)
        if text is not None
    }
    inputs |= {Path(job.over).resolve() for job in jobs if job.over}
    taken: dict[Path, list[Path]] = defaultdict(list)
    for job, own in zip(jobs, plans, strict=True):
        model = own.model.name
        for output in (*(path for _, path, _ in _named(job, own, model)), report_path(job, model)):
            if output.resolve() in inputs:
                raise OutputError(f"{job.clip}: its result {output} would replace an input: choose another --out")
        taken[report_path(job, model).absolute()].append(job.clip)
    for target, clips in taken.items():
        if len(clips) > 1:
            names = " and ".join(map(str, clips))
            where = str(target).removesuffix("report.json") + "*"
            raise OutputError(
                f"{names} would both be written to {where}: give them separate --out folders (in a file of jobs: out)"
            )


def check_folder(folder: Path) -> None:
    """The folder exists, or can be made, and takes files.

    Raises:
        OutputError: It does not.
    """
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise OutputError(f"{folder}: {existing} is not a folder; choose another --out")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: no permission to write there; choose another folder with --out")
