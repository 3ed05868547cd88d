"""What a run did, for people and for programs."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from vmatte.core.types import Clip
from vmatte.core.whole import write_whole
from vmatte.io.writers.partial import explained
from vmatte.metrics.scorer import Result
from vmatte.stages.watch import Finding

_PARTS = ("vmatte", "av", "numpy", "opencv-python-headless", "torch")


@dataclass(frozen=True, slots=True)
class StageTime:
    """Where one stage's time went.

    Attributes:
        name: decode, model, stages or encode.
        seconds: Its own work in all, on its own thread.
        p50: Median seconds a frame.
        p95: Seconds that 95 % of its frames stayed within.
        queue: Mean fill of the queue it hands its frames to, in [0, 1]; None for the last stage.
    """

    name: str
    seconds: float
    p50: float
    p95: float
    queue: float | None


@dataclass(frozen=True)
class Report:
    """A finished run.

    Attributes:
        clip: Facts about the source.
        model: Name of the model that ran.
        why: How it came to be chosen.
        plan: The composed configuration, with the settings of the model that ran.
        frames: How many frames were written.
        first: Number of the first source frame.
        wall: Seconds from the first frame read to the last file published.
        stages: Times of the stages in pipeline order.
        bottleneck: Name of the stage with the most seconds.
        peak_rss: Bytes of memory the process held at most.
        outputs: For each output its path, frames, bytes, checks and encoder seconds.
        hints: Where each hint came from.
        runtime: Device, precision and working size of a learned model, as they turned out.
        weights: File name, hash and trust of the model's weights; None when it has none.
        smoother: What made the mattes steady, `none` when nothing did.
        refiner: What refined them, its name, runtime and weights; empty when nothing did.
        look_at: Frames whose matte stands out.
        scores: Of every layer by name, where the run was scored.
        confidence: For each matte whose model has one: its median, its lowest value and the frame of that.
        shots: First and last frame of each shot, where cuts were found and the model started over.
        warnings: What may harm the result.
        notes: What was found, assumed about the source or done as asked.
        before: How many of the frames an earlier run had written, which this one went on from; times are of the rest.
        digest: What a batch knows it by: hashes of settings, code, weights, inputs and outputs.
    """

    clip: Clip
    model: str
    why: str
    plan: dict[str, Any]
    frames: int
    first: int
    wall: float
    stages: tuple[StageTime, ...]
    bottleneck: str
    peak_rss: int
    outputs: tuple[dict[str, Any], ...]
    hints: dict[str, str] = field(default_factory=dict)
    runtime: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, str] | None = None
    smoother: str = "none"
    refiner: dict[str, Any] = field(default_factory=dict)
    look_at: tuple[Finding, ...] = ()
    confidence: dict[str, dict[str, float]] = field(default_factory=dict)
    scores: Mapping[str, Result] = field(default_factory=dict)
    shots: tuple[tuple[int, int], ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    before: int = 0
    digest: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> str:
        """The report as JSON text, versions included."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__}
        data["clip"] = {name: getattr(self.clip, name) for name in self.clip.__dataclass_fields__}
        data["clip"]["colour"] = asdict(self.clip.colour)
        data["stages"] = [asdict(stage) for stage in self.stages]
        data["look_at"] = [asdict(finding) for finding in self.look_at]
        # The form of `vmatte score`: several layers stand as several clips do there.
        scores = {name: result.as_data() for name, result in self.scores.items()}
        data["scores"] = next(iter(scores.values())) if len(scores) == 1 else {"clips": scores} if scores else {}
        data["versions"] = versions()
        return json.dumps(data, indent=2, default=_plain) + "\n"

    def lines(self) -> list[str]:
        """Where time went, a line a stage, for a terminal."""
        made = self.frames - self.before
        speed = f"{made / self.wall:.1f} fps" if self.wall else "no time"
        head = f"{made} frames in {self.wall:.1f} s ({speed}), peak memory {self.peak_rss / 2**20:.0f} MiB"
        rows = [_stage_line(stage, stage.name == self.bottleneck) for stage in self.stages]
        return [head, *rows, *_shown(self.look_at)]


def _shown(findings: Sequence[Finding], most: int = 5) -> list[str]:
    more = [f"  ... and {len(findings) - most} more places, listed in the report"] if len(findings) > most else []
    return [*(f"  {finding}" for finding in findings[:most]), *more]


def versions() -> dict[str, str]:
    """Versions of Python and of what a result depends on, without importing any of it."""
    found = {"python": platform.python_version()}
    for part in _PARTS:
        try:
            found[part] = version(part)
        except PackageNotFoundError:
            continue
    return found


def write_report(path: Path, report: Report) -> None:
    """Under its final name only when complete and on the disk, like every other output."""
    with explained(path):
        write_whole(path, report.as_json())


def read_report(path: Path) -> dict[str, Any] | None:
    """The data of a report that vmatte wrote; None when there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"plan", "outputs", "versions", "stages"} <= found.keys() else None


def is_report(path: Path) -> bool:
    """Whether a file is a report that vmatte wrote."""
    return read_report(path) is not None


def peak_rss() -> int:
    """Most bytes of memory this process has held; 0 where the system does not say."""
    # On Linux the counter of getrusage starts from what the starting process held before it became this one.
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _stage_line(stage: StageTime, slowest: bool) -> str:
    queue = "" if stage.queue is None else f"   queue behind it {stage.queue:4.0%} full"
    mark = "   <- slowest" if slowest else ""
    times = f"p50 {stage.p50 * 1e3:7.1f} ms   p95 {stage.p95 * 1e3:7.1f} ms"
    return f"  {stage.name:<7} {stage.seconds:8.1f} s   {times}{queue}{mark}"


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Enum):
        return value.name
    raise TypeError(f"{type(value).__name__} does not belong in a report")
