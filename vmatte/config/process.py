"""One call from Python: what `vmatte process` does for one clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from vmatte.config.load import load, plan_as_data
from vmatte.run.clip import run_job
from vmatte.run.plan import Job
from vmatte.run.report import Report


def process(
    clip: str | Path,
    *,
    model: str | None = None,
    preset: str | None = None,
    masks: str | Path | Sequence[str | Path] = (),
    objects: Mapping[str, str | Path | Sequence[str | Path]] | None = None,
    plate: str | Path | None = None,
    trimap: str | Path | None = None,
    out: str | Path | None = None,
    outputs: str | Sequence[str] = (),
    start: float | None = None,
    end: float | None = None,
    overwrite: bool = False,
    over: str | Path = "",
    premultiplied: bool = False,
    name: str = "",
    weights: str | Path | None = None,
    accept_license: bool = False,
    offline: bool = False,
    overrides: str | Sequence[str] = (),
    score: bool = False,
    truth: str | Path | None = None,
) -> Report:
    """Mattes one clip into files and returns the report.

    Args:
        clip: A video file, or the folder, printf pattern or glob of an image sequence.
        model: Name of a model, or `auto`; by default what the preset says, else `auto`.
        preset: Settings for a kind of clip, see `vmatte presets`.
        masks: A subject mask or several: an image for the first frame, `N=image` for frame N, or a folder;
            `auto` makes the first one.
        objects: Masks of several objects by name, each as for `masks`.
        plate: Picture or clip of the empty scene; `auto` makes it from the clip.
        trimap: A picture for every frame, or a video or numbered pictures with one for each.
        out: Folder for the results; beside the clip by default.
        outputs: Names of outputs; by default what the preset says, else prores and alpha.
        start: Seconds from the first frame.
        end: Seconds from the first frame, not included.
        overwrite: Whether existing results may be replaced.
        over: What finished pictures show behind the subject: `#rrggbb`, a picture or a video.
        premultiplied: Whether colours are multiplied by alpha in outputs that know that.
        name: Template of the names of results, of `{stem}`, `{object}`, `{output}` and `{model}`.
        weights: A checkpoint to use instead of the one in the store; without `model`, the model is the one it is of.
        accept_license: Whether the licence of the model's weights is accepted; that is then remembered.
        offline: Whether the network may not be touched.
        overrides: Settings as `key=value`, as `--set` takes them.
        score: Whether to score the mattes as they are made, into the report.
        truth: The true matte to score against; turns `score` on.

    Raises:
        VmatteError: Whatever stopped it; nothing half-written stays behind.
    """
    said = [f"accept_license={accept_license}", f"offline={offline}", f"premultiplied={premultiplied}"]
    said += [f"{key}={value}" for key, value in (("preset", preset), ("model", model)) if value is not None]
    said += ["score.enabled=true"] if score else []
    said += [f"outputs=[{','.join(_several(outputs))}]"] if outputs else []
    plan = load([*said, *_several(overrides)], None if weights is None else Path(weights))
    job = Job(
        clip=Path(clip),
        out=None if out is None else Path(out),
        masks=tuple(_several(masks)),
        objects=tuple(f"{name}={mask}" for name, given in (objects or {}).items() for mask in _several(given)),
        plate=None if plate is None else Path(plate),
        trimap=None if trimap is None else Path(trimap),
        start=start,
        end=end,
        overwrite=overwrite,
        truth=None if truth is None else Path(truth),
        over=str(over),
        name=name,
    )
    return run_job(job, plan, plan_as_data(plan))


def _several(given: str | Path | Sequence[str | Path]) -> list[str]:
    return [str(given)] if isinstance(given, str | Path) else [str(one) for one in given]
