"""The hints of a job: those named by the user, those found beside the clip, and those made from it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import HintError
from vmatte.core.types import Alpha, Clip, Hints, Image8, MapSource
from vmatte.hints.doubts import doubts, trimap_doubts
from vmatte.hints.plates import FRAMES as _PLATE_FRAMES
from vmatte.hints.plates import read_plates
from vmatte.hints.read import SIDECARS, Masks, Plate, read_objects, sidecar
from vmatte.hints.trimaps import read_trimaps
from vmatte.io.open import OpenedSource
from vmatte.io.options import InputOptions
from vmatte.io.sample import sample_frames, spread
from vmatte.io.sequence import is_pattern
from vmatte.io.writers import expanded, output_kind
from vmatte.models.lift import load_model
from vmatte.models.registry import card, cards
from vmatte.ops.camera import fixed_camera
from vmatte.ops.plate import estimate_plate
from vmatte.run.choose import Choice, choose
from vmatte.run.plan import Job, Plan, Shots
from vmatte.weights.store import find

_AUTO = "auto"
# Frames that a made mask is chosen from, and how much of the best one's subject the first of them has to show.
_TRIED = 6
_NEARLY = 0.8
# A plate from fewer frames shows a subject that walks, at 24 frames a second, where it stood for half of them.
_FEW = 12
# Less of the frame than this is no subject but noise.
_SUBJECT = 0.002


class Sampler:
    """Frames spread over the run, decoded once however often they are asked for."""

    def __init__(self, source: OpenedSource, first: int, stop: int | None) -> None:
        self._source, self._first, self._stop = source, first, stop
        self._frames: list[Image8] = []

    def __call__(self, count: int) -> Sequence[Image8]:
        """`count` frames, (H, W, 3) uint8 RGB."""
        if not self._frames:
            self._frames = [rgb for _, rgb in sample_frames(self._source, indices=self.places(_PLATE_FRAMES))]
        return [self._frames[place] for place in spread(len(self._frames), count)]

    def places(self, count: int) -> Sequence[int]:
        """Numbers of `count` frames spread over the run."""
        stop = self._source.count() if self._stop is None else self._stop
        return [self._first + offset for offset in spread(stop - self._first, count)]


@dataclass
class Given:
    """The hints of a job.

    Attributes:
        maps: As in `Hints`.
        objects: As in `Hints`.
        files: Where each came from, for the report.
        notes: What was found, made or assumed.
        warnings: What may not be what the user wants.
        estimated: Whether the plate was made from the clip.
        found: The note on each hint that nobody named and that lay beside the clip.
    """

    maps: dict[str, MapSource] = field(default_factory=dict)
    objects: Mapping[str, MapSource] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    estimated: bool = False
    found: dict[str, str] = field(default_factory=dict)

    @property
    def hints(self) -> Hints:
        """For the model."""
        return Hints(self.maps, self.objects)

    def use(self, hints: frozenset[str]) -> None:
        """Leaves out what was found beside the clip and is none of these."""
        for hint in self.found.keys() - hints:
            self.notes.remove(self.found[hint])
            del self.maps[hint], self.files[hint]
        if "mask" in self.found and "mask" not in hints:
            self.objects = {}

    def find(self, hint: str, path: Path) -> None:
        """Takes a hint that lies beside the clip."""
        self.found[hint] = f"using the {hint} found beside the clip: {path}"
        self.notes.append(self.found[hint])

    def estimate_plate(self, sampled: Sampler, trusted: bool) -> None:
        """Makes the plate from the clip.

        Args:
            sampled: Frames of the clip.
            trusted: Whether the camera is known to be fixed.

        Raises:
            HintError: The camera moves, or nothing else does.
        """
        self.maps["plate"] = estimated_plate(sampled, trusted, self)
        self.files["plate"] = "estimated from the clip"
        self.estimated = True


def gather(
    job: Job,
    plan: Plan,
    source: OpenedSource,
    span: tuple[int, int | None],
    sampled: Sampler,
    options: InputOptions | None = None,
) -> Given:
    """Reads or makes the hints of a job.

    Args:
        job: The job.
        plan: Its plan, which says where a model that makes a mask runs.
        source: Its clip.
        span: First source frame of the run and the one after its last, None if only decoding will tell.
        sampled: Frames of the run.
        options: How clips are read that serve as hints.

    Raises:
        HintError: One is missing, unreadable or does not fit; or none can be made.
    """
    given = Given()
    beside = _sidecars(job, plan)
    _read_masks(given, job, source, span, beside.get("mask"))
    _read_plate(given, job, source, span, sampled, options, beside.get("plate"))
    _read_trimap(given, job, source, span, options, beside.get("trimap"))
    if _wants_made(job):
        given.maps["mask"] = made_mask(given, plan, source, sampled)
    if "trimap" not in given.maps and plan.model.name == _AUTO and (idle := sidecar(job.clip, "trimap")):
        given.notes.append(f"{idle} is for models that need a trimap: name one with --model, or say --trimap {idle}")
    return given


def hindrance(job: Job, plan: Plan, clip: Clip, span: tuple[int, int | None]) -> str:
    """Why a job cannot run with its hints, as far as a glance at the files tells; empty if it can.

    Args:
        job: The job.
        plan: Its plan.
        clip: Facts about its clip.
        span: As for `gather`.
    """
    first, stop = span
    beside = _sidecars(job, plan)
    masks = list(job.masks)
    if not masks and not job.objects and not first and "mask" in beside:
        masks = [str(beside["mask"])]
    try:
        if (masks or job.objects) and not _wants_made(job):
            read_objects(masks, job.objects, clip, first, sys.maxsize if stop is None else stop)
    except HintError as error:
        return str(error)
    named = {"plate": job.plate, "trimap": job.trimap, "truth": job.truth}
    for what, path in named.items():
        if path is not None and path != Path(_AUTO) and not path.exists() and not is_pattern(path):
            return f"{what} {path}: no such file or folder"
    there = {"mask": masks or job.objects or plan.shots is Shots.auto, "trimap": job.trimap or "trimap" in beside}
    needs = frozenset() if plan.model.name == _AUTO else card(plan.model.name).needs
    missing = [what for what in sorted(needs & there.keys()) if not there[what]]
    return f"model {plan.model.name} needs a {missing[0]}, and there is none" if missing else ""


def _read_plate(
    given: Given,
    job: Job,
    source: OpenedSource,
    span: tuple[int, int | None],
    sampled: Sampler,
    options: InputOptions | None,
    beside: Path | None,
) -> None:
    plate = job.plate
    if plate == Path(_AUTO) and not plate.exists():
        given.estimate_plate(sampled, trusted=False)
        return
    if plate is None and beside is not None:
        plate = beside
        given.find("plate", plate)
    if plate is None:
        return
    stop = source.count() if span[1] is None else span[1]
    given.maps["plate"], told = read_plates(plate, source.clip, stop, options)
    given.files["plate"] = str(plate)
    given.notes += [told] if told else []


def _read_trimap(
    given: Given,
    job: Job,
    source: OpenedSource,
    span: tuple[int, int | None],
    options: InputOptions | None,
    beside: Path | None,
) -> None:
    trimap = job.trimap
    if trimap is None and beside is not None:
        trimap = beside
        given.find("trimap", trimap)
    if trimap is None:
        return
    stop = source.count() if span[1] is None else span[1]
    given.maps["trimap"], told = read_trimaps(trimap, source.clip, span[0], stop, options)
    given.files["trimap"] = str(trimap)
    given.warnings += trimap_doubts(given.maps["trimap"], trimap, span[0])
    given.notes += [told] if told else []


def _wants_made(job: Job) -> bool:
    return job.masks == (_AUTO,) and not Path(_AUTO).exists()


def _sidecars(job: Job, plan: Plan) -> dict[str, Path]:
    """Hints beside the clip that the run can use."""
    name = plan.model.name
    # A trimap is for a model that was named: one that follows a mask may suit the clip better.
    used = frozenset({"mask", "plate"}) if name == _AUTO else card(name).needs | card(name).takes
    if any(output_kind(output).view == "background" for output in expanded(plan.outputs)):
        used |= {"plate"}
    found = {hint: sidecar(job.clip, hint) for hint in SIDECARS if hint in used}
    return {hint: path for hint, path in found.items() if path is not None}


def _read_masks(
    given: Given, job: Job, source: OpenedSource, span: tuple[int, int | None], beside: Path | None
) -> None:
    first, stop = span
    masks = list(job.masks)
    if _AUTO in masks and len(masks) > 1:
        raise HintError("--mask auto makes the only mask: leave out the others, or leave out auto")
    if _wants_made(job):
        if job.objects:
            raise HintError("--mask auto makes the mask of one subject: leave out --object")
        return
    if not masks and not job.objects and beside is not None:
        if first == 0:
            masks = [str(beside)]
            given.find("mask", beside)
        else:
            given.warnings.append(f"{beside} belongs to the clip's first frame, which --start cuts off: not used")
    if not masks and not job.objects:
        return
    stop = source.count() if stop is None else stop
    read, objects = read_objects(masks, job.objects, source.clip, first, stop)
    given.maps["mask"] = read
    given.objects = objects
    given.warnings += doubts(read, objects)
    if objects:
        given.notes.append(f"{len(objects)} object{'s' if len(objects) > 1 else ''}: {', '.join(objects)}")
    sets = list(objects.values()) or [cast("Masks", read)]
    places = {(index, path) for masks in sets for index, path in masks.files.items()}
    given.files["mask"] = ", ".join(f"frame {index}: {path}" for index, path in sorted(places))
    if outside := sorted({index for masks in sets for index in masks.outside}):
        given.warnings.append(f"masks outside the run do nothing: frame {', '.join(map(str, outside))}")


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """A mask made for one frame; a MapSource."""

    index: int
    mask: NDArray[np.uint8]

    @property
    def indices(self) -> Sequence[int]:
        return (self.index,)

    def at(self, index: int) -> NDArray[Any] | None:
        return self.mask if index == self.index else None


def made_mask(given: Given, plan: Plan, source: OpenedSource, sampled: Sampler) -> _Made:
    """The mask of the first frame that shows the subject well, from a model that needs none.

    Raises:
        HintError: No model can, or it finds no subject.
    """
    maps = dict(given.maps)
    choice = _image_model()
    if choice is None:
        try:
            choice = choose(frozenset(maps), sampled)
        except HintError as error:
            raise HintError(f"--mask auto: no model here can make the mask of this clip by itself: {error}") from error
        if "plate" in card(choice.model).needs and "plate" not in maps:
            maps["plate"] = estimated_plate(sampled, bool(choice.scores), given)
    matter = load_model(card(choice.model).made(), plan.device.value, plan.precision.value)
    seen = []
    for index in sampled.places(_TRIED):
        with (
            closing(source.frames(index, index + 1)) as frames,
            closing(matter.mattes(source.clip, Hints(maps), frames)) as mattes,
        ):
            seen += [(index, matte.alpha) for matte in mattes]
    most = max(_shown(alpha) for _, alpha in seen)
    # The first frame that shows nearly as much as any: a subject that is still entering is followed badly.
    first, alpha = next((index, alpha) for index, alpha in seen if _shown(alpha) >= _NEARLY * most)
    share = float((alpha >= 0.5).mean())
    if share < _SUBJECT:
        raise HintError(f"--mask auto: {choice.model} finds no subject in the clip; give a mask")
    given.notes.append(f"the mask of frame {first} is made by {choice.model} ({share:.0%} of the frame): {choice.why}")
    given.files["mask"] = f"frame {first}: made by {choice.model}"
    return _Made(first, np.rint(alpha * 255).astype(np.uint8))


def _shown(alpha: Alpha) -> float:
    """Covered share of the frame; half of it for a subject that the frame cuts at the sides or at the top."""
    solid = alpha >= 0.5
    cut = solid[0].any() or solid[:, 0].any() or solid[:, -1].any()
    return float(solid.mean()) * (0.5 if cut else 1.0)


def _image_model() -> Choice | None:
    """A learned model that needs no hint and whose weights are here already; nothing is fetched for a mask alone."""
    for known in cards().values():
        if not known.needs and known.weights is not None and find(known.name, known.weights) is not None:
            return Choice(known.name, "its weights are here, and it needs no hint")
    return None


def estimated_plate(sampled: Sampler, trusted: bool, given: Given) -> Plate:
    """A plate made from sampled frames; `trusted` when the camera is known to be fixed; `given` is told of it.

    Raises:
        HintError: The camera moves, or nothing else does.
    """
    frames = sampled(_PLATE_FRAMES)
    if not trusted and not (camera := fixed_camera(frames)).fixed:
        raise HintError(
            f"no plate is given and none can be estimated: the camera moves ({camera}); give a picture of the empty "
            "scene with --plate, or a mask with --mask and --model recall"
        )
    plate = estimate_plate(frames)
    if plate.passing < _SUBJECT:
        raise HintError(
            "no plate is given and none can be estimated: nothing moves in the clip, so the subject would be part of "
            "the plate; give a picture of the empty scene with --plate, or a mask with --mask and --model recall"
        )
    given.notes.append(
        f"the plate is estimated from {len(frames)} frames of the clip ({plate.stable_share:.0%} of it held still); "
        "whatever never moves away becomes background"
    )
    if len(frames) < _FEW:
        given.warnings.append(
            f"the plate is made from {len(frames)} frames only: unless the subject leaves its first place in them, it "
            "is taken for background; give a picture of the empty scene with --plate, or a mask"
        )
    return Plate(plate.rgb)
