"""Turns a Plan and a Job into things that run, checking all that can be known before the first frame is decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from fractions import Fraction
from pathlib import Path

from vmatte.core.errors import HintError
from vmatte.core.types import Clip, Hints, Matter, Stage
from vmatte.hints.shots import Shot
from vmatte.io.open import OpenedSource, open_source
from vmatte.io.options import InputOptions
from vmatte.io.writers import OUTPUTS, output_kind
from vmatte.metrics.scorer import ScoreOptions
from vmatte.models.checkpoint import Checkpoint, checkpoint
from vmatte.models.lift import load_model
from vmatte.models.recognise import recognised
from vmatte.models.registry import Card, ModelSettings, card, preflight
from vmatte.run.backdrop import Backdrop
from vmatte.run.choose import Choice, choose
from vmatte.run.given import Given, Sampler, gather
from vmatte.run.outputs import Output, Scene, check_report, opened_backdrop, planned_outputs
from vmatte.run.plan import Device, Foreground, Job, Objects, Plan, Smooth
from vmatte.run.publishing import unfinished
from vmatte.run.refining import refiner_settings, refining
from vmatte.run.riding import Riding
from vmatte.run.shots import Scenes, hinted, longest, shots_of, told
from vmatte.stages.despill import Despill
from vmatte.stages.foreground import Foreground as ForegroundStage
from vmatte.stages.foreground import OwnPixels
from vmatte.stages.merge import merge
from vmatte.stages.smooth import SMOOTHERS
from vmatte.stages.watch import Watch
from vmatte.weights.elsewhere import elsewhere
from vmatte.weights.fetch import check_fetchable
from vmatte.weights.store import find
from vmatte.weights.telling import SILENT, Teller, amount

_AUTO = "auto"

Load = Callable[[ModelSettings, str, str], Matter]


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
        matter: The model, ready; None in a dry run without its weights.
        weights: Of the model that will run; None when it has none, or when they were not to be fetched.
        refiner_weights: Of the model that refines, likewise.
        smoother: What makes the mattes steady, `none` when nothing does.
        refiner: What refines them, likewise.
        riding: Scores that ride along; None when none were asked for.
        backdrop: What finished pictures show behind the subject.
        scenes: Between the cuts that were found; None when none were, or none were looked for.
        notes: What was found, assumed or done as asked.
        warnings: What may harm the result.
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
    matter: Matter | None = None
    weights: Checkpoint | None = None
    refiner_weights: Checkpoint | None = None
    smoother: str = "none"
    refiner: str = "none"
    riding: Riding | None = None
    backdrop: Backdrop | None = None
    scenes: Scenes | None = None
    notes: list[str] = field(default_factory=list)
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


def prepare(
    job: Job,
    plan: Plan,
    teller: Teller = SILENT,
    *,
    dry: bool = False,
    matter: Matter | None = None,
    load: Load = load_model,
    shots: Sequence[Shot] | None = None,
    mattes: Matter | None = None,
) -> Prepared:
    """Everything a run needs, or the reason why it cannot start. Missing weights are fetched, after all other checks.

    Args:
        job: What to work on.
        plan: How.
        teller: Told of the download of weights.
        dry: Do not download; warn of what is missing instead.
        matter: The plan's model where it is loaded already.
        load: What loads it otherwise, told its settings, device and precision.
        shots: Those of the frames to be worked on, where they are known already.
        mattes: What hands over mattes that are made already, in the model's place.

    Raises:
        InputError: The clip cannot be read.
        HintError: A hint is missing, unreadable or does not fit.
        ConfigError: An unknown output, or weights for a model without any.
        OutputError: An output exists already, or its folder cannot be written.
        WeightsError: The model's weights cannot be had, or no known model has such weights.
    """
    job = unfinished(job, plan.model.name)
    check_report(job, plan.model.name)
    refiner_settings(plan)
    options = input_options(plan)
    source = open_source(job.clip, options)
    clip = source.clip
    first, stop = source.span(job.start, job.end)
    notes = list(clip.notes)
    if clip.has_alpha:
        notes.append("the clip has an alpha of its own: it is not used, the matte is made from the colours alone")
    shots = shots_of(plan, source, (first, stop)) if shots is None else shots
    notes += told(shots, plan)
    sampled = Sampler(source, first, stop) if not shots else Sampler(source, longest(shots).first, longest(shots).stop)
    given = gather(job, plan, source, (first, stop), sampled, options)
    try:
        settings, choice = _chosen(plan, frozenset(given.maps), sampled)
    except HintError as error:
        unused = [text for text in given.warnings if "--start" in text]
        raise HintError("; ".join([str(error), *unused])) from error
    # Outputs may want a plate that the model does not.
    given.use(card(settings.name).needs | card(settings.name).takes | {"plate"})
    if "plate" in card(settings.name).needs and "plate" not in given.maps:
        given.estimate_plate(sampled, trusted=bool(choice.scores))
    _check_needs(card(settings.name), given)
    given.warnings += _unused(card(settings.name), job)
    # A plate made from the clip fits it by nature.
    if given.maps and not given.estimated:
        given.warnings += _looked_at(settings, given.hints, source, first)
    scenes = None
    if shots:
        # Mattes that are made already need no hints.
        own = [given.hints] * len(shots)
        scenes = Scenes(shots, own) if mattes else hinted(shots, given, card(settings.name), plan, source)
    report = check_report(job, settings.name)
    merged = plan.objects is Objects.merged
    scene = Scene(
        clip,
        settings.name,
        () if merged else tuple(given.objects),
        given.maps.get("plate"),
        opened_backdrop(job, plan, clip),
    )
    outputs = planned_outputs(job, plan, scene)
    notes += _unstated(clip, outputs)
    riding = _riding(job, plan, source, (first, stop), 1 if merged else max(1, len(given.objects)))
    notes += () if riding is None else riding.notes
    if plan.device in (Device.cuda, Device.mps) and card(settings.name).weights is None:
        notes.append(f"model {settings.name} has no network to run on {plan.device.value}: it runs on the CPU")
    weights = _weights(settings, plan, teller, notes, dry)
    if weights is not None:
        settings = replace(settings, weights=weights.path)
    ready = weights is not None or card(settings.name).weights is None
    colour = any(output_kind(output.name).view != "alpha" for output in outputs)
    smoother = _smoother(plan, card(settings.name))
    stages: list[Stage] = [merge] if merged and given.objects else []
    stages += _smoothing(smoother, plan, scenes)
    drawn = None if "trimap" in card(settings.name).needs else given.maps.get("trimap")
    refine, refiner_weights = refining(plan, lambda own: _weights(own, plan, teller, notes, dry), drawn)
    stages += [] if refine is None else [refine]
    if drawn is not None and refine is None:
        given.warnings.append(f"model {settings.name} has no use for a trimap: name one that has, or --set refine=NAME")
    stages += [Watch()] if plan.watch else []
    if mattes is None:
        matter = matter or (load(settings, plan.device.value, plan.precision.value) if ready else None)
        matter = matter if matter is None or scenes is None else scenes.matter(matter)
    return Prepared(
        source=source,
        settings=settings,
        choice=choice,
        hints=given.hints,
        hint_files=given.files,
        first=first,
        stop=stop,
        outputs=outputs,
        report=report,
        stages=[*stages, *(_stages(plan) if colour else [])],
        backdrop=scene.backdrop,
        matter=matter if mattes is None else mattes,
        scenes=scenes,
        weights=weights,
        refiner_weights=refiner_weights,
        smoother=smoother,
        refiner=plan.refine,
        riding=riding,
        notes=notes + given.notes,
        warnings=[*clip.warnings, *given.warnings],
    )


def _unstated(clip: Clip, outputs: Sequence[Output]) -> list[str]:
    """What an HDR clip says of itself and some of its outputs cannot."""
    left = [output.name for output in outputs if not _states(output.name)]
    if clip.grading is None or not left:
        return []
    able = ", ".join(name for name, kind in OUTPUTS.items() if kind.graded)
    return [f"mastering display and content light levels are not stored in {', '.join(left)}, only in {able}"]


def _states(name: str) -> bool:
    return output_kind(name).graded or output_kind(name).view == "alpha"


def _riding(job: Job, plan: Plan, source: OpenedSource, span: tuple[int, int | None], layers: int) -> Riding | None:
    score = plan.score
    if not score.enabled and job.truth is None:
        return None
    options = ScoreOptions(score.evaluator, score.band_radius, score.max_lag, str(score.quantise.value))
    return Riding(options, source, span, job.truth, layers)


def _chosen(plan: Plan, given: frozenset[str], sampled: Sampler) -> tuple[ModelSettings, Choice]:
    settings: ModelSettings = plan.model
    if settings.name != _AUTO:
        return settings, Choice(settings.name, "asked for")
    if settings.weights is not None:
        found = recognised(settings.weights)
        why = f"{settings.weights.name} is of it: {found.why}"
        return found.card.made(weights=settings.weights), Choice(found.card.name, why)
    # A trimap is the refiner's where there is one.
    choice = choose(given if plan.refine == "none" else given - {"trimap"}, sampled)
    return card(choice.model).made(), choice


def _weights(settings: ModelSettings, plan: Plan, teller: Teller, notes: list[str], dry: bool) -> Checkpoint | None:
    published = card(settings.name).weights
    missing = published is not None and settings.weights is None and find(settings.name, published) is None
    if dry and published is not None and missing and elsewhere(published) is None:
        check_fetchable(settings.name, published, accept=plan.accept_license, no_network=plan.offline)
        notes.append(
            f"the weights of {settings.name} are not here: the run would fetch {published.url} "
            f"({amount(published.bytes)}, licence: {published.licence})"
        )
        return None
    return checkpoint(settings, accept=plan.accept_license, no_network=plan.offline, teller=teller)


def check_weights(plan: Plan) -> None:
    """Stops where the weights of a plan's models are not here and may not be fetched; nothing is.

    Raises:
        ConfigError, WeightsError: As in `prepare`.
    """
    models = [None if plan.model.name == _AUTO else plan.model, refiner_settings(plan)]
    for settings in models:
        if settings is not None:
            _weights(settings, plan, SILENT, [], dry=True)


def _looked_at(settings: ModelSettings, hints: Hints, source: OpenedSource, first: int) -> Sequence[str]:
    """What the model says of the hints when it sees the first frame of the run."""
    with closing(source.frames(first, first + 1)) as frames:
        return [text for frame in frames for text in preflight(settings, hints, frame)]


def _check_needs(chosen: Card, given: Given) -> None:
    missing = sorted(chosen.needs - frozenset(given.maps))
    if missing:
        options = " and ".join(f"--{name}" for name in missing)
        unused = "".join(f"; {text}" for text in given.warnings if "--start" in text)
        raise HintError(f"model {chosen.name} needs a {' and a '.join(missing)}: give it with {options}{unused}")
    if given.objects and "mask" not in chosen.needs:
        raise HintError(
            f"model {chosen.name} makes one matte of everything, but {len(given.objects)} objects are masked: take a "
            "model that follows masks, such as --model recall, or give one mask"
        )


def _unused(chosen: Card, job: Job) -> list[str]:
    """Hints that were named and that this model does not look at."""
    named = {"mask": bool(job.masks), "plate": job.plate is not None}
    idle = [name for name, given in named.items() if given and name not in chosen.needs | chosen.takes]
    return [f"model {chosen.name} takes no {name}: --{name} changes nothing in its mattes" for name in idle]


def _smoother(plan: Plan, chosen: Card) -> str:
    """The name of the smoother to use; `auto` has nothing to do for a model that is steady by itself."""
    return "none" if plan.smooth is Smooth.auto and chosen.steady else str(plan.smooth.value)


def _smoothing(smoother: str, plan: Plan, scenes: Scenes | None) -> list[Stage]:
    def made() -> Stage:
        return SMOOTHERS[smoother](plan.smoothing.keep, plan.smoothing.reach)

    if smoother == "none":
        return []
    return [made() if scenes is None else scenes.stage(made)]


def _stages(plan: Plan) -> list[Stage]:
    despill: list[Stage] = [] if plan.despill == "none" else [Despill(plan.despill)]
    if plan.foreground is Foreground.source:
        return [OwnPixels(), *despill]
    return [ForegroundStage("multilevel" if plan.foreground is Foreground.estimate else "blur"), *despill]


# Where the plan keeps the settings of an output.
_SETTINGS = {"ffv1-rgba": "ffv1", "over": "play", "compare": "play"}


def writer_options(name: str, plan: Plan) -> dict[str, object]:
    """The plan's settings for one output, in the words of `vmatte.io.writers`."""
    settings = getattr(plan, _SETTINGS.get(name, name.replace("-", "_")), None)
    found = asdict(settings) if is_dataclass(settings) and not isinstance(settings, type) else {}
    if name == "prores":
        found |= {"profile": plan.prores.profile.value}
    elif name in ("prores-xq", "foreground", "background"):
        found = {"bits_per_mb": plan.prores.bits_per_mb}
    return found | {"workers": plan.stream.encoders}
