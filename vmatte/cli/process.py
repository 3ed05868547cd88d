"""`vmatte process`: words become a Plan and Jobs, Reports become words."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmatte.cli.interrupt import writing
from vmatte.cli.line import one_line
from vmatte.cli.log import speak
from vmatte.core import moment
from vmatte.core.errors import VmatteError, WeightsError

if TYPE_CHECKING:
    from vmatte.run.build import Prepared
    from vmatte.run.plan import Job, Plan
    from vmatte.run.report import Report


_CALLED = {"masks": "--mask", "objects": "--object", "clips": "clip"}


@click.command("process")
@click.argument("clips", nargs=-1, required=True, metavar="CLIP...")
@click.option("--model", metavar="NAME", help="Model to run, or auto (default). See `vmatte models`.")
@click.option("--preset", metavar="NAME", help="Settings for a kind of clip. See `vmatte presets`.")
@click.option(
    "--mask",
    "masks",
    multiple=True,
    metavar="FILE|DIR",
    help="Mask of the subject on the first frame; N=FILE for frame N; or a folder of masks named by frame number. "
    "Repeatable. Found by itself as <clip>.mask.png. Two bare files, or a label image, are several objects. "
    "auto makes it with a model that needs none.",
)
@click.option(
    "--object",
    "objects",
    multiple=True,
    metavar="NAME=MASK",
    help="Mask of one of several objects, MASK as for --mask. Repeatable. Each gets files of its own, "
    "<clip>.<name>.<output>; or one matte of all with --set objects=merged.",
)
@click.option(
    "--plate",
    metavar="FILE|DIR",
    help="Picture of the empty scene, or a clip of it: one plate if its camera stands still, else frame by frame. "
    "Found by itself as <clip>.plate.png. auto makes it from the clip, if its camera stands still.",
)
@click.option(
    "--trimap",
    metavar="FILE|DIR",
    help="Trimap, 0 background, 128 unknown, 255 subject: a picture for every frame, or a video or numbered pictures "
    "with one for each. For models that need one, who find it by themselves as <clip>.trimap.png, and for --set "
    "refine=NAME instead of those made from the matte.",
)
@click.option("--out", metavar="DIR", help="Folder for the results. Default: beside the clip.")
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="NAME",
    help="What to write, see `vmatte outputs`. Repeatable. Default: prores and alpha.",
)
@click.option(
    "--over",
    metavar="COLOUR|FILE",
    help="Write the subject over a colour (#204080), a picture or a video as well: the output over. "
    "The same stands behind it in compare and sheet.",
)
@click.option("--premultiplied", is_flag=True, help="Multiply colours by alpha; the file names say so.")
@click.option(
    "--name",
    metavar="TEMPLATE",
    help="Names of the results, of {stem}, {object}, {output} and {model}. Default: {stem}.{output}.",
)
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="Where a learned model runs. Default: auto."
)
@click.option(
    "--weights",
    metavar="FILE",
    help="Checkpoint to use instead of the one in the store. Without --model, the model is the one it is of.",
)
@click.option(
    "--accept-license",
    "--accept-licence",
    is_flag=True,
    help="Accept the licence of the model's weights, once and for all weights under it.",
)
@click.option("--offline", is_flag=True, help="Never touch the network. VMATTE_OFFLINE=1 does the same.")
@click.option("--start", type=str, metavar="T", help="Start at T: seconds, or [h:]m:s, from the first frame.")
@click.option("--end", type=str, metavar="T", help="End before T.")
@click.option(
    "--shots",
    type=click.Choice(["off", "auto"]),
    help="auto finds the cuts and starts over at each, with a mask of the new shot. Default: off.",
)
@click.option("--score", is_flag=True, help="Score the mattes as they are made. See `vmatte score`.")
@click.option("--truth", metavar="T", help="The true matte, to score against; turns --score on.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting. See `vmatte config`.")
@click.option("--overwrite", is_flag=True, help="Replace results that exist already, once the new ones are complete.")
@click.option(
    "--resume/--restart",
    "resume",
    default=True,
    help="Go on where an interrupted run of the same job left off (default), or start over.",
)
@click.option("--ignore-space", is_flag=True, help="Start although the disk seems too small.")
@click.option("--dry-run", is_flag=True, help="Check everything, say what would be done, and stop.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Print more, and tracebacks of errors.")
def command(**given: Any) -> None:  # noqa: ANN401  click hands over its own mixture
    """Matte clips: videos, or folders, patterns and globs of images.

    Results are written as <clip>.<output>.<ext> and appear only when complete and checked; a report of the run
    as <clip>.report.json.
    """
    speak(given["verbose"])
    from vmatte.config.load import load, plan_as_data
    from vmatte.run.outputs import refuse_collisions

    jobs = _jobs(given)
    plan = load(overrides_of(given), Path(given["weights"]) if given["weights"] else None)
    refuse_collisions(jobs, plan)
    failures: list[VmatteError] = []
    for job in jobs:
        try:
            _one(job, plan, plan_as_data(plan), given)
        except WeightsError:
            # The next clip would ask for the same weights.
            raise
        except VmatteError as error:
            if str(job.clip) not in str(error):
                error.args = (f"{job.clip}: {error}",)
            if len(jobs) == 1:
                raise
            logging.getLogger(__name__).info("where it came from", exc_info=error)
            click.echo(f"vmatte: error: {one_line(error)}", err=True)
            failures.append(error)
    if failures:
        click.echo(f"vmatte: {len(failures)} of {len(jobs)} clips failed", err=True)
        raise click.exceptions.Exit(failures[0].exit_code)


def overrides_of(given: dict[str, Any]) -> list[str]:
    """Options as overrides; `--set` comes last and wins."""
    sugar = {"preset": given["preset"], "model": given["model"], "device": given["device"], "shots": given["shots"]}
    overrides = [f"{key}={value}" for key, value in sugar.items() if value is not None]
    overrides += [f"{key}=true" for key in ("accept_license", "offline", "premultiplied") if given[key]]
    overrides += ["score.enabled=true"] if given["score"] else []
    outputs = [*given["outputs"], *(["over"] if given["over"] and "over" not in given["outputs"] else [])]
    if outputs:
        overrides.append(f"outputs=[{','.join(outputs)}]")
    return [*overrides, *given["settings"]]


def _jobs(given: dict[str, Any]) -> list[Job]:
    for option in ("masks", "objects", "plate", "trimap", "out", "clips", "weights", "truth", "over", "name"):
        if "" in (given[option] if isinstance(given[option], tuple) else (given[option],)):
            what = _CALLED.get(option, f"--{option}")
            raise click.UsageError(f"an empty {what} was given: is a shell variable unset?")
    from vmatte.run.plan import Job

    return [
        Job(
            clip=Path(clip),
            out=Path(given["out"]) if given["out"] else None,
            masks=tuple(given["masks"]),
            objects=tuple(given["objects"]),
            plate=Path(given["plate"]) if given["plate"] else None,
            trimap=Path(given["trimap"]) if given["trimap"] else None,
            start=seconds("--start", given["start"]),
            end=seconds("--end", given["end"]),
            overwrite=given["overwrite"],
            truth=Path(given["truth"]) if given["truth"] else None,
            over=given["over"] or "",
            name=given["name"] or "",
        )
        for clip in given["clips"]
    ]


def seconds(option: str, text: str | None) -> float | None:
    """Seconds of `90`, `1:30` or `0:01:30.0`; the same of None."""
    try:
        return None if text is None else moment.seconds(text)
    except ValueError as error:
        raise click.UsageError(f"{option} {error}") from error


def _one(job: Job, plan: Plan, plan_data: dict[str, Any], given: dict[str, Any]) -> None:
    from vmatte.cli.progress import Bar, Fetching
    from vmatte.run.batch.digest import sealed
    from vmatte.run.batch.task import Task
    from vmatte.run.build import prepare
    from vmatte.run.clip import run_job
    from vmatte.run.resume import Journaling
    from vmatte.run.room import refuse_full

    def say(text: str) -> None:
        if not given["quiet"]:
            click.echo(text, err=True)

    with Fetching(say, given["quiet"]) as fetching:
        prepared = prepare(job, plan, fetching.teller, dry=given["dry_run"])
    for line in _opening(job, prepared):
        say(line)
    if given["dry_run"]:
        from vmatte.run.estimate import estimated

        for output, size in zip(prepared.outputs, estimated(prepared, plan), strict=True):
            say(f"  would write {output.path}, {size}")
        return
    task = Task(0, job, plan, plan_data, job.out or Path())
    journaling = Journaling(lambda: sealed(task), not given["resume"], lambda text: say(f"  {text}"))
    if not given["ignore_space"]:
        refuse_full(prepared, plan)
    with writing(), Bar(job.clip.name, given["quiet"]) as bar:
        report = run_job(job, plan, plan_data, bar, prepared, journaling=journaling)
    for line in _closing(report, prepared):
        say(line)
    for line in _scores(report):
        say(line)


def _opening(job: Job, prepared: Prepared) -> list[str]:
    clip = prepared.source.clip
    frames = "frames unknown" if prepared.total is None else f"{prepared.total} frames"
    facts = f"{clip.width}x{clip.height}, {frames}, {float(clip.rate):.5g} fps, {clip.depth} bit {clip.codec}"
    return [
        f"{job.clip}: {facts}",
        f"  model {prepared.settings.name}: {prepared.choice.why}",
        *_vouched(prepared),
        *([f"  smoothing: {prepared.smoother}"] if prepared.smoother != "none" else []),
        *([f"  refiner: {prepared.refiner}"] if prepared.refiner != "none" else []),
        *(f"  note: {text}" for text in prepared.notes),
        *(f"  warning: {text}" for text in prepared.warnings),
    ]


def _scores(report: Report) -> list[str]:
    from vmatte.cli.scores import clip_lines

    several = len(report.scores) > 1
    return [
        line
        for name, result in report.scores.items()
        for line in [*([f"{name}:"] if several else []), *clip_lines(result)]
    ]


def _vouched(prepared: Prepared) -> list[str]:
    found = [weights for weights in (prepared.weights, prepared.refiner_weights) if weights is not None]
    return [f"  weights {each.path} ({each.trust}, sha256:{each.sha256[:12]}...)" for each in found]


def _closing(report: Report, prepared: Prepared) -> list[str]:
    later = [text for text in report.warnings if text not in prepared.warnings]
    return [
        *report.lines(),
        *(f"  warning: {text}" for text in later),
        *(f"  wrote {output.path}" for output in prepared.outputs),
        f"  wrote {prepared.report}",
    ]
