"""Plan and Job: how to work, and on what. Plain data, checked when made, picklable.

Option lists are enums because that is what OmegaConf can check.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from vmatte.core.errors import ConfigError
from vmatte.io.writers.animated.options import ApngOptions, GifOptions, WebpOptions
from vmatte.io.writers.exr import ExrOptions
from vmatte.io.writers.opaque import PlayOptions
from vmatte.io.writers.rgba import MasterRgbaOptions
from vmatte.io.writers.sheet import SheetOptions
from vmatte.io.writers.vp9 import WebmOptions
from vmatte.ops.despill import DESPILLS
from vmatte.run.naming import check_template


class Device(Enum):
    """Where a model runs; `auto` takes CUDA, then MPS, then the CPU."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class Precision(Enum):
    """Numbers a learned model computes in; `auto` is float16 on CUDA, as published scripts do, and float32 elsewhere.

    fp32 is exact. The others change mattes visibly in places; how much is said in the table of models.
    """

    auto = "auto"
    fp32 = "fp32"
    bf16 = "bf16"
    fp16 = "fp16"


class Deinterlace(Enum):
    """What to do with woven fields: one frame a frame, one a field, leave them woven, or refuse the clip."""

    frame = "frame"
    field = "field"
    off = "off"
    refuse = "refuse"


class Truncated(Enum):
    """What to do with a clip whose file is cut short: refuse it, or keep the frames that are there."""

    refuse = "refuse"
    keep = "keep"


class Matrix(Enum):
    """The YUV matrix of the source; `auto` takes the file's tag, or the rule for files without one."""

    auto = "auto"
    bt601 = "bt601"
    bt709 = "bt709"
    bt2020 = "bt2020"


class Range(Enum):
    """The code range of the source; `auto` takes the file's tag, or limited for files without one."""

    auto = "auto"
    limited = "limited"
    full = "full"


class Foreground(Enum):
    """Where the colours of straight-alpha outputs come from.

    `estimate` solves for them on several levels, `blur` is the faster blur fusion; either leaves those of a model that
    finds them itself. `source` keeps the clip's own pixels with their background baked in, whatever the model.
    """

    estimate = "estimate"
    blur = "blur"
    source = "source"


Smooth = Enum("Smooth", {"none": "none", "ema": "ema", "flow-ema": "flow-ema", "median": "median", "auto": "auto"})
"""What makes mattes steady: nothing, a plain average, one along the motion, a median along it, or what suits.

`auto` leaves models alone that are steady by themselves, and takes its strength from how much the clip flickers. The
others are for those who know better.
"""


class Shots(Enum):
    """What becomes of cuts: nothing, or they are found and the model starts over at each."""

    off = "off"
    auto = "auto"


class Objects(Enum):
    """What becomes of several objects: files for each, or one matte of all."""

    separate = "separate"
    merged = "merged"


class Light(Enum):
    """What is added up where a subject stands over a new background: codes, as editors do, or light, as lenses do."""

    coded = "coded"
    linear = "linear"


class Profile(Enum):
    """ProRes flavour with alpha."""

    standard = "4444"
    xq = "4444xq"


Quantise = Enum("Quantise", {"round": "round", "truncate": "truncate", "none": "none", "evaluator": "evaluator"})
"""How mattes are brought to 8 bits before they are scored; `evaluator` is as its method writes."""


@dataclass(frozen=True)
class ScorePlan:
    """Scores that ride along.

    Attributes:
        enabled: Whether to score; a truth turns it on as well.
        evaluator: Whose metrics those with truth are.
        band_radius: Of the edge band, px.
        max_lag: Frames that LAG looks either way.
        quantise: How mattes are brought to 8 bits.
    """

    enabled: bool = False
    evaluator: str = "vmatte"
    band_radius: int = 4
    max_lag: int = 4
    quantise: Quantise = Quantise.round

    def __post_init__(self) -> None:
        _require(self.band_radius >= 1, f"score.band_radius={self.band_radius}: 1 px or more")
        _require(self.max_lag >= 1, f"score.max_lag={self.max_lag}: 1 frame or more")


@dataclass(frozen=True)
class InputPlan:
    """How to read clips.

    Attributes:
        deinterlace: What to do with interlaced material.
        matrix: Overrides the file's YUV matrix.
        range: Overrides the file's code range.
        rate: Frames per second of image sequences, which do not say.
        truncated: What to do with a file that is cut short.
    """

    deinterlace: Deinterlace = Deinterlace.frame
    matrix: Matrix = Matrix.auto
    range: Range = Range.auto
    rate: float = 24.0
    truncated: Truncated = Truncated.refuse

    def __post_init__(self) -> None:
        _require(0 < self.rate <= 1000, f"input.rate={self.rate}: frames per second lie in (0, 1000]")


@dataclass(frozen=True)
class ProresPlan:
    """How to write ProRes.

    Attributes:
        profile: `standard` is 4444, `xq` is 4444 XQ.
        bits_per_mb: Bits per macroblock, for smaller files; 0 leaves the encoder its own budget.
    """

    profile: Profile = Profile.standard
    bits_per_mb: int = 0

    def __post_init__(self) -> None:
        _require(0 <= self.bits_per_mb <= 8192, f"prores.bits_per_mb={self.bits_per_mb}: 0 to 8192")


@dataclass(frozen=True)
class SmoothingPlan:
    """How to smooth.

    Attributes:
        keep: Share of the past that `ema` keeps.
        reach: Frames that the others look before and after each one.
    """

    keep: float = 0.5
    reach: int = 2

    def __post_init__(self) -> None:
        _require(0 <= self.keep < 1, f"smoothing.keep={self.keep}: a share from 0 up to, but not including, 1")
        _require(self.reach in (1, 2), f"smoothing.reach={self.reach}: 1 or 2 frames")


Union = Enum("Union", {"auto": "auto", "yes": "yes", "no": "no"})
"""Whether a trimap also leaves open what those of the frames before and after, moved along, disagree on.

`auto` does so for networks, which were trained on wide bands.
"""


@dataclass(frozen=True)
class RefiningPlan:
    """How to refine.

    Attributes:
        radius: px that the soft part of a matte grows by to be the unknown part of its trimap; -1 takes 2 px for 360
            rows, twice that for networks and none for knn.
        union: Whether trimaps are united with their neighbours'.
        weights: Checkpoint of the refiner to use instead of the one in the store.
        max_size: As model.max_size of the refiner, if it has that: shorter side in px it works at; 0 is full size.
    """

    radius: int = -1
    union: Union = Union.auto
    weights: Path | None = None
    max_size: int = 0

    def __post_init__(self) -> None:
        _require(-1 <= self.radius <= 256, f"refining.radius={self.radius}: -1 (automatic), or 0 to 256 px")


@dataclass(frozen=True)
class StreamPlan:
    """How the stream runs.

    Attributes:
        depth: Frames each queue between two threads may hold.
        encoders: Encoder contexts of an intra-frame output; 0 takes one a core, 8 at most.
        threads: Threads inside one decoder or array operation; 0 takes one a core.
    """

    depth: int = 3
    encoders: int = 0
    threads: int = 0

    def __post_init__(self) -> None:
        _require(1 <= self.depth <= 64, f"stream.depth={self.depth}: 1 to 64 frames")
        _require(0 <= self.encoders <= 64, f"stream.encoders={self.encoders}: 0 (automatic) to 64")
        _require(0 <= self.threads <= 256, f"stream.threads={self.threads}: 0 (automatic) to 256")


@dataclass(frozen=True)
class RunPlan:
    """How a run is kept, so that it can be gone on with.

    Attributes:
        segment: Frames after which what was made is kept; 0 never, -1 as many as cost little, in long clips only.
    """

    segment: int = -1

    def __post_init__(self) -> None:
        _require(
            self.segment in (-1, 0) or self.segment >= 8,
            f"run.segment={self.segment}: 8 frames or more, 0 for never, -1 for automatic",
        )


@dataclass(frozen=True)
class Plan:
    """Everything about how, nothing about what.

    Attributes:
        model: Settings of one model, a ModelSettings; `auto` chooses.
        device: Where a learned model runs.
        precision: Numbers it computes in.
        input: How to read.
        smooth: What makes mattes steady.
        smoothing: How that is done.
        foreground: Where straight colours come from.
        extend: How many px colours reach beyond the matte; further out they are black.
        shots: What becomes of cuts in the clip.
        objects: What becomes of several objects.
        refine: Name of a refiner that works over a trimap made from the matte: none, guided, or any model that needs a
            trimap, such as closed-form or vitmatte.s.
        refining: How that is done.
        watch: Whether to look for frames whose matte jumps, and to list them in the report.
        outputs: Names of outputs.
        premultiplied: Whether outputs with alpha hold colours multiplied by it, where their format knows that.
        light: What is added up in composites.
        despill: How light of a screen is taken off the subject: none, average, balanced, limit or strong.
        prores: How to write ProRes.
        webm: How to write `webm`.
        exr: How to write `exr`.
        gif: How to write `gif`.
        apng: How to write `apng`.
        webp: How to write `webp`.
        sheet: How to write `sheet`.
        play: How to write `over` and `compare`.
        ffv1: How to write `ffv1-rgba`.
        stream: How the stream runs.
        run: How the run is kept.
        score: Scores that ride along with the run.
        offline: Whether the network may not be touched; weights that are not here are then an error.
        accept_license: Whether the user accepts the licence of the model's weights, which is then remembered.
    """

    model: Any
    device: Device = Device.auto
    precision: Precision = Precision.auto
    input: InputPlan = field(default_factory=InputPlan)
    smooth: Smooth = Smooth.auto
    smoothing: SmoothingPlan = field(default_factory=SmoothingPlan)
    foreground: Foreground = Foreground.estimate
    extend: int = 8
    shots: Shots = Shots.off
    objects: Objects = Objects.separate
    refine: str = "none"
    refining: RefiningPlan = field(default_factory=RefiningPlan)
    watch: bool = True
    outputs: list[str] = field(default_factory=lambda: ["prores", "alpha"])
    premultiplied: bool = False
    light: Light = Light.coded
    despill: str = "none"
    prores: ProresPlan = field(default_factory=ProresPlan)
    webm: WebmOptions = field(default_factory=WebmOptions)
    exr: ExrOptions = field(default_factory=ExrOptions)
    gif: GifOptions = field(default_factory=GifOptions)
    apng: ApngOptions = field(default_factory=ApngOptions)
    webp: WebpOptions = field(default_factory=WebpOptions)
    sheet: SheetOptions = field(default_factory=SheetOptions)
    play: PlayOptions = field(default_factory=PlayOptions)
    ffv1: MasterRgbaOptions = field(default_factory=MasterRgbaOptions)
    stream: StreamPlan = field(default_factory=StreamPlan)
    run: RunPlan = field(default_factory=RunPlan)
    score: ScorePlan = field(default_factory=ScorePlan)
    offline: bool = False
    accept_license: bool = False

    def __post_init__(self) -> None:
        _require(0 <= self.extend <= 1024, f"extend={self.extend}: 0 to 1024 px")
        _require(self.despill in ("none", *DESPILLS), f"despill={self.despill}: one of none, {', '.join(DESPILLS)}")
        _require(bool(self.outputs), "outputs is empty: name at least one")
        twice = {name for name in self.outputs if self.outputs.count(name) > 1}
        _require(not twice, f"outputs names {', '.join(sorted(twice))} twice")

    def with_weights(self, file: Path) -> Plan:
        """The same plan with this checkpoint for its model."""
        return replace(self, model=replace(self.model, weights=file))


@dataclass(frozen=True)
class Job:
    """One clip to work on.

    Attributes:
        clip: The video, or the folder, printf pattern or glob of a sequence.
        out: Folder for the outputs; None puts them beside the clip.
        masks: Subject masks, as given: image, folder, pattern, or `N=image` for frame N; `auto` alone makes one.
        objects: Masks of several objects, each `NAME=` before a mask in any of these forms.
        plate: Clean background plate, a picture or a clip; `auto` makes it from the clip.
        trimap: A picture for every frame, or a clip or folder with one for each.
        start: Seconds from the first frame; None is the beginning.
        end: Seconds from the first frame, not included; None is the end.
        overwrite: Whether existing outputs may be replaced.
        truth: The true matte, to score the result against.
        over: What finished pictures show behind the subject: `#rrggbb`, a picture, a video; empty is a checkerboard.
        name: Template of the names of outputs, of `{stem}`, `{output}`, `{model}` and `{object}`; empty for the usual.
    """

    clip: Path
    out: Path | None = None
    masks: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    plate: Path | None = None
    trimap: Path | None = None
    start: float | None = None
    end: float | None = None
    overwrite: bool = False
    truth: Path | None = None
    over: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        check_template(self.name)
        for name, value in (("--start", self.start), ("--end", self.end)):
            _require(
                value is None or 0 <= value < float("inf"), f"{name} {value}: seconds from the first frame, 0 or more"
            )
        if self.start is not None and self.end is not None:
            _require(self.start < self.end, f"--start {self.start} is not before --end {self.end}")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ConfigError(otherwise)
