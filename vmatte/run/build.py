"""Turns a Plan and a Job into things that run, checking all that can be known before the first frame is decoded."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from vmatte.core.errors import ConfigError, HintError, OutputError
from vmatte.core.types import Hints, Image8, MapSource, Stage, View
from vmatte.hints.read import Plate, read_masks, read_plate, sidecar, stem
from vmatte.io.open import OpenedSource, open_source
from vmatte.io.options import InputOptions
from vmatte.io.sample import sample_frames, spread
from vmatte.io.writers import output_kind, output_path
from vmatte.io.writers.partial import refuse_taken
from vmatte.models.checkpoint import Checkpoint, checkpoint
from vmatte.models.registry import Card, ModelSettings, card, preflight
from vmatte.ops.camera import fixed_camera
from vmatte.ops.plate import estimate_plate
from vmatte.run.choose import Choice, choose
from vmatte.run.plan import Device, Job, Plan
from vmatte.run.plan import Foreground as ForegroundPlan
from vmatte.run.report import is_report
from vmatte.run.views import Rgba, alpha
from vmatte.stages.foreground import Foreground
from vmatte.weights.store import find
from vmatte.weights.telling import SILENT, Teller, amount

# Frames that go into an estimated plate: more changed nothing that was measured.
_PLATE_FRAMES = 41
_AUTO = "auto"
_ESTIMATED = "estimated from the clip"


@dataclass(frozen=True)
class Output:
    """One file or folder to be written: its name in the table of writers, its final path and what it shows."""

    name: str
    path: Path
    view: View


@dataclass
class Prepared:
    """A job that has passed its checks.

    Attributes:
        source: The clip, open but not decoded.
        settings: Of the model that will run.
        choice: The model and why.
        hints: Read and checked.
        hint_files: Where each hint came from, for the report.
        first: First source frame.
        stop: Frame after the last; None when only decoding will tell.
        outputs: What will be written.
        report: Where the report goes.
        stages: Between model and views.
        weights: Of the model that will run; None when it has none, or when they were not to be fetched.
        warnings: What the user should know.
    """

    source: OpenedSource
    settings: ModelSettings
    choice: Choice
    hints: Hints
    hint_files: dict[str, str]
    first: int
    stop: int | None
    outputs: list[Output]
    report: Path
    stages: list[Stage]
    weights: Checkpoint | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def card(self) -> Card:
        """The card of the model that will run."""
        return card(self.settings.name)

    @property
    def total(self) -> int | None:
        """How many frames there are to do, if the container and its nominal rate are to be believed."""
        clip, stop = self.source.clip, self.stop if self.stop is not None else self.source.clip.frames
        if stop is None and clip.duration is not None:
            stop = round(clip.duration * clip.rate)
        return None if stop is None else max(0, stop - self.first)


def input_options(plan: Plan) -> InputOptions:
    """The plan's settings for reading, in the words of `vmatte.io`."""
    return InputOptions(
        deinterlace=plan.input.deinterlace.value,
        matrix=plan.input.matrix.value,
        range=plan.input.range.value,
        rate=Fraction(plan.input.rate).limit_denominator(1001),
        threads=plan.stream.threads,
        truncated=plan.input.truncated.value,
    )


def prepare(job: Job, plan: Plan, teller: Teller = SILENT, *, dry: bool = False) -> Prepared:
    """Everything a run needs, or the reason why it cannot start. Missing weights are fetched, after all other checks.

    Args:
        job: What to work on.
        plan: How.
        teller: Told of the download of weights.
        dry: Do not download; warn of what is missing instead.

    Raises:
        InputError: The clip cannot be read.
        HintError: A hint is missing, unreadable or does not fit.
        ConfigError: An unknown output, or weights for a model without any.
        OutputError: An output exists already, or its folder cannot be written.
        WeightsError: The model's weights cannot be had.
    """
    outputs, report = planned_outputs(job, plan)
    source = open_source(job.clip, input_options(plan))
    clip = source.clip
    first, stop = source.span(job.start, job.end)
    warnings = list(clip.notes)
    if clip.has_alpha:
        warnings.append("the clip has an alpha of its own: it is not used, the matte is made from the colours alone")
    maps, files = _given_hints(job, source, first, stop, warnings)
    sampled = _Sampler(source, first, stop)
    try:
        settings, choice = _chosen(plan, frozenset(maps), sampled)
    except HintError as error:
        unused = [text for text in warnings if "--start" in text]
        raise HintError("; ".join([str(error), *unused])) from error
    if "plate" in card(settings.name).needs and "plate" not in maps:
        maps["plate"] = _estimated_plate(sampled, choice, warnings)
        files["plate"] = _ESTIMATED
    _check_needs(card(settings.name), frozenset(maps))
    if plan.device in (Device.cuda, Device.mps) and card(settings.name).weights is None:
        warnings.append(f"model {settings.name} has no network to run on {plan.device.value}: it runs on the CPU")
    hints = Hints(maps)
    if maps and files.get("plate") != _ESTIMATED:
        warnings += _looked_at(settings, hints, source, first)
    weights = _weights(settings, plan, teller, warnings, dry)
    if weights is not None:
        settings = replace(settings, weights=weights.path)
    colour = any(output_kind(output.name).view == "rgba" for output in outputs)
    return Prepared(
        source=source,
        settings=settings,
        choice=choice,
        hints=hints,
        hint_files=files,
        first=first,
        stop=stop,
        outputs=outputs,
        report=report,
        stages=_stages(plan) if colour else [],
        weights=weights,
        warnings=warnings,
    )


def planned_outputs(job: Job, plan: Plan) -> tuple[list[Output], Path]:
    """The outputs and the report of a job, with their final names, checked against what is on disk.

    Raises:
        ConfigError: An unknown output.
        OutputError: An output exists already, or the folder cannot be written.
    """
    folder = _folder(job)
    views: dict[str, View] = {
        "alpha": alpha,
        "rgba": Rgba(-1 if plan.foreground is ForegroundPlan.source else plan.extend),
    }
    outputs = [Output(kind, path, views[output_kind(kind).view]) for kind, path in _named(job, plan)]
    _check_folder(folder)
    for output in outputs:
        refuse_taken(output.path, folder=output_kind(output.name).is_sequence, overwrite=job.overwrite)
    report = _report_path(job)
    if not job.overwrite and report.exists() and not is_report(report):
        raise OutputError(
            f"{report} exists already and is no report of ours: choose another folder, or say --overwrite"
        )
    return outputs, report


def _folder(job: Job) -> Path:
    return job.out if job.out is not None else job.clip.absolute().parent


def _named(job: Job, plan: Plan) -> list[tuple[str, Path]]:
    """Names and final paths of the outputs."""
    return [(kind, output_path(_folder(job), stem(job.clip), kind)) for kind in plan.outputs]


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


class _Sampler:
    """Frames spread over the run, decoded once however often they are asked for."""

    def __init__(self, source: OpenedSource, first: int, stop: int | None) -> None:
        self._source, self._first, self._stop = source, first, stop
        self._frames: list[Image8] = []

    def __call__(self, count: int) -> Sequence[Image8]:
        if not self._frames:
            stop = self._source.count() if self._stop is None else self._stop
            indices = [self._first + offset for offset in spread(stop - self._first, _PLATE_FRAMES)]
            self._frames = [rgb for _, rgb in sample_frames(self._source, indices=indices)]
        return [self._frames[place] for place in spread(len(self._frames), count)]


def _given_hints(
    job: Job, source: OpenedSource, first: int, stop: int | None, warnings: list[str]
) -> tuple[dict[str, MapSource], dict[str, str]]:
    """Hints named by the user, and those found beside the clip."""
    maps: dict[str, MapSource] = {}
    files: dict[str, str] = {}
    masks, plate = list(job.masks), job.plate
    if not masks and (beside := sidecar(job.clip, "mask")):
        if first == 0:
            masks = [str(beside)]
            warnings.append(f"using the mask found beside the clip: {beside}")
        else:
            warnings.append(f"{beside} belongs to the clip's first frame, which --start cuts off: not used")
    if plate is None and (plate := sidecar(job.clip, "plate")):
        warnings.append(f"using the plate found beside the clip: {plate}")
    if masks:
        maps["mask"] = found = read_masks(masks, source.clip, first, source.count() if stop is None else stop)
        files["mask"] = ", ".join(f"frame {index}: {path}" for index, path in sorted(found.files.items()))
        if found.outside:
            warnings.append(f"masks outside the run do nothing: frame {', '.join(map(str, found.outside))}")
    if plate is not None:
        maps["plate"] = read_plate(plate, source.clip)
        files["plate"] = str(plate)
    return maps, files


def _chosen(plan: Plan, given: frozenset[str], sampled: _Sampler) -> tuple[ModelSettings, Choice]:
    settings: ModelSettings = plan.model
    if settings.name != _AUTO:
        return settings, Choice(settings.name, "asked for")
    if settings.weights is not None:
        raise ConfigError(f"--weights {settings.weights} belong to one model: say which with --model NAME")
    choice = choose(given, sampled)
    return card(choice.model).settings(), choice


def _weights(settings: ModelSettings, plan: Plan, teller: Teller, warnings: list[str], dry: bool) -> Checkpoint | None:
    published = card(settings.name).weights
    if dry and published is not None and settings.weights is None and find(settings.name, published) is None:
        warnings.append(
            f"the weights of {settings.name} are not here: the run would fetch {amount(published.size)} from "
            f"{published.url} (licence: {published.licence})"
        )
        return None
    return checkpoint(settings, accept=plan.accept_license, no_network=plan.offline, teller=teller)


def _estimated_plate(sampled: _Sampler, choice: Choice, warnings: list[str]) -> Plate:
    frames = sampled(_PLATE_FRAMES)
    if not choice.scores and not (camera := fixed_camera(frames)).fixed:
        raise HintError(
            f"no plate is given and none can be estimated: the camera moves (stable share {camera.stable_share:.2f}, "
            f"border motion {camera.border_flow:.1f} px); give a picture of the empty scene with --plate, "
            "or a mask with --mask and --model recall"
        )
    plate = estimate_plate(frames)
    warnings.append(
        f"the plate is estimated from {len(frames)} frames of the clip ({plate.stable_share:.0%} of it held still); "
        "whatever never moves away becomes background"
    )
    return Plate(plate.rgb)


def _looked_at(settings: ModelSettings, hints: Hints, source: OpenedSource, first: int) -> Sequence[str]:
    """What the model says of the hints when it sees the first frame of the run."""
    with closing(source.frames(first, first + 1)) as frames:
        return [text for frame in frames for text in preflight(settings, hints, frame)]


def _check_needs(chosen: Card, given: frozenset[str]) -> None:
    missing = sorted(chosen.needs - given)
    if missing:
        options = " and ".join(f"--{name}" for name in missing)
        raise HintError(f"model {chosen.name} needs a {' and a '.join(missing)}: give it with {options}")


def _stages(plan: Plan) -> list[Stage]:
    if plan.foreground is ForegroundPlan.source:
        return []
    return [Foreground("multilevel" if plan.foreground is ForegroundPlan.estimate else "blur")]


def _check_folder(folder: Path) -> None:
    """The folder exists, or can be made, and takes files."""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise OutputError(f"{folder}: {existing} is not a folder; choose another --out")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: no permission to write there; choose another folder with --out")


def writer_options(name: str, plan: Plan) -> dict[str, object]:
    """The plan's settings for one output, in the words of `vmatte.io.writers`."""
    options: dict[str, object] = {"workers": plan.stream.encoders}
    if name == "prores":
        options |= {"profile": plan.prores.profile.value, "bits_per_mb": plan.prores.bits_per_mb}
    return options
