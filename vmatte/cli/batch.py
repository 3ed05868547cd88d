"""`vmatte batch`: many clips, none of which stops the others."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmatte.cli.interrupt import writing
from vmatte.core.errors import ConfigError, OutputError, WeightsError

if TYPE_CHECKING:
    from vmatte.run.batch.board import Board
    from vmatte.run.batch.executor import Executor
    from vmatte.run.batch.outlook import Outlook
    from vmatte.run.batch.row import Row
    from vmatte.run.batch.task import Outcome, Task
    from vmatte.run.plan import Plan

SOME_FAILED = 8
NONE_SUCCEEDED = 9


@click.command("batch")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCES...")
@click.option("--out", required=True, metavar="DIR", help="Folder for all results; nothing is written outside of it.")
@click.option("--model", metavar="NAME", help="Model to run, or auto (default). See `vmatte models`.")
@click.option("--preset", metavar="NAME", help="Settings for a kind of clip. See `vmatte presets`.")
@click.option("--mask", "masks", multiple=True, metavar="auto|FILE", help="As for process, the same for every clip.")
@click.option("--plate", metavar="FILE|auto", help="As for process, the same for every clip.")
@click.option("--output", "outputs", multiple=True, metavar="NAME", help="What to write, see `vmatte outputs`.")
@click.option("--over", metavar="COLOUR|FILE", help="What finished pictures show behind the subject.")
@click.option("--premultiplied", is_flag=True, help="Multiply colours by alpha; the file names say so.")
@click.option("--name", metavar="TEMPLATE", help="Names of the results, of {stem}, {object}, {output} and {model}.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="Where a learned model runs.")
@click.option("--weights", metavar="FILE", help="Checkpoint to use instead of the one in the store.")
@click.option("--accept-license", "--accept-licence", is_flag=True, help="Accept the licence of the model's weights.")
@click.option("--offline", is_flag=True, help="Never touch the network.")
@click.option(
    "--shots",
    type=click.Choice(["off", "auto"]),
    help="auto finds the cuts and starts over at each, with a mask of the new shot. Default: off.",
)
@click.option("--score", is_flag=True, help="Score the mattes as they are made.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting. See `vmatte config`.")
@click.option(
    "--executor",
    type=click.Choice(["processes", "inline", "ray"]),
    default="processes",
    show_default=True,
    help="What runs the jobs: processes side by side, whose death harms one job only; this process; a Ray cluster.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 100_000),
    default=0,
    help="Side by side. Default: one a GPU, or one for four cores, here or all over the cluster.",
)
@click.option(
    "--address",
    default="auto",
    show_default=True,
    metavar="ADDRESS",
    help="Of the Ray cluster: auto for the one this machine is part of, ray://HOST:10001, or local to start one here.",
)
@click.option("--cores", type=click.IntRange(0, 1024), default=0, help="Of each Ray worker. Default: up to four.")
@click.option(
    "--memory",
    type=click.FloatRange(0),
    default=0,
    metavar="GIB",
    help="That each Ray worker is to have. Default: by earlier reports of the model, or by the clip's size.",
)
@click.option(
    "--retries",
    type=click.IntRange(0, 100),
    default=1,
    show_default=True,
    help="Further tries of a job whose failure may pass: a dead worker, a full disk, the network, memory.",
)
@click.option(
    "--stalled",
    type=click.FloatRange(0),
    default=3600,
    show_default=True,
    metavar="S",
    help="Seconds without progress after which a worker is taken to hang and is replaced; 0 is never.",
)
@click.option(
    "--rerun",
    type=click.Choice(["failed", "changed", "all"]),
    default="changed",
    show_default=True,
    help="Which jobs run that have a result here: none; those that would come out otherwise now; all.",
)
@click.option("--overwrite", is_flag=True, help="Replace files as well that no run of vmatte has reported.")
@click.option("--ignore-space", is_flag=True, help="Start although the disk seems too small.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON to standard output.")
@click.option("-q", "--quiet", is_flag=True, help="Print failures only.")
@click.option("-v", "--verbose", is_flag=True, help="Print more, and tracebacks of errors.")
def command(**given: Any) -> None:  # noqa: ANN401  click hands over its own mixture
    """Matte many clips: SOURCES are clips, folders and globs of clips, or files of jobs (.yaml, .csv, .jsonl).

    A plan comes first, then a table of what runs. A job that fails does not stop the others. The same command again
    goes on where the last one stopped: jobs are skipped whose settings, code, weights, clip and hints are as their
    report says and whose outputs are what was written. DIR/batch.json and DIR/batch.csv tell how each job ended.

    Exit codes: 0 every job has succeeded, 8 some have, 9 none has, 130 interrupted.
    """
    logging.basicConfig(level=logging.INFO if given["verbose"] else logging.ERROR, format="vmatte: %(message)s")
    from vmatte.run.batch.elsewhere import url_of
    from vmatte.run.batch.outlook import outlooks, refuse_full
    from vmatte.run.batch.standing import Rerun, standing_of_all

    root = _root(given)
    tasks = _tasks(_rows(given, root), given, root)
    tasks, settled = standing_of_all(tasks, Rerun(given["rerun"]))
    waiting = [task for task in tasks if task.number not in settled]
    looks = outlooks(waiting, tasks)
    executor = _executor(given, waiting, tasks, looks)
    _say_plan(tasks, settled, looks, executor, root, given["quiet"])
    if not given["ignore_space"] and url_of(root) is None:
        refuse_full(root, looks)
    if given["dry_run"]:
        return
    board = _run(tasks, settled, looks, executor, given)
    _finish(board, tasks, root, given)


def _root(given: Mapping[str, Any]) -> Path:
    """The output folder, or what stands for it; checked."""
    from vmatte.io.remote import check_url, is_url
    from vmatte.run.batch.elsewhere import stand_in
    from vmatte.run.outputs import check_folder

    if is_url(given["out"]):
        check_url(given["out"])
        return stand_in(given["out"], folder=True)
    check_folder(Path(given["out"]))
    return Path(given["out"])


def _rows(given: Mapping[str, Any], root: Path) -> list[Row]:
    """Every job that the sources name."""
    from vmatte.io.remote import is_url
    from vmatte.run.batch.elsewhere import clips_at, stand_in
    from vmatte.run.batch.jobfile import is_jobfile, read_jobs
    from vmatte.run.batch.row import Row
    from vmatte.run.clips import sources_at
    from vmatte.run.plan import Job

    for option in ("sources", "masks", "plate", "out", "weights", "over", "name"):
        if "" in (given[option] if isinstance(given[option], tuple) else (given[option],)):
            raise click.UsageError(f"an empty {option} was given: is a shell variable unset?")
    found: list[Row] = []
    for text in given["sources"]:
        if is_url(text):
            found += [Row(Job(stand_in(url), out=root)) for url in clips_at(text)]
        elif is_jobfile(Path(text)):
            found += read_jobs(Path(text), root)
        else:
            found += [Row(Job(clip, out=root)) for clip in sources_at(Path(text))]
    return found


def _tasks(rows: Sequence[Row], given: dict[str, Any], root: Path) -> list[Task]:
    """Rows with their plans; what the batch says of all jobs is what a job does not say itself."""
    from vmatte.cli.process import overrides_of
    from vmatte.config.load import load, plan_as_data
    from vmatte.run.batch.task import Task
    from vmatte.run.outputs import refuse_collisions

    base = overrides_of(given)
    tasks = []
    # Composing one takes longer than running a job of no length; jobs alike share it.
    plans: dict[tuple[str, ...], tuple[Plan, dict[str, Any]]] = {}
    for number, row in enumerate(rows):
        job = _completed(row.job, given)
        own = (*base, *row.overrides)
        if own not in plans:
            try:
                plan = load(list(own))
            except ConfigError as error:
                raise ConfigError(f"{row.place}: {error}" if row.place else str(error)) from error
            plan = plan.with_weights(Path(given["weights"])) if given["weights"] else plan
            plans[own] = plan, plan_as_data(plan)
        plan, data = plans[own]
        if "{model}" in job.name and plan.model.name == "auto":
            raise ConfigError("--name with {model} needs the model's name before the run: say --model NAME")
        tasks.append(Task(number, job, plan, data, root))
    _refuse_network(tasks)
    refuse_collisions([task.job for task in tasks], [task.plan for task in tasks])
    return tasks


def _refuse_network(tasks: Sequence[Task]) -> None:
    from vmatte.io.remote import needs_network
    from vmatte.run.batch.elsewhere import urls
    from vmatte.weights.home import offline

    for task in tasks:
        if task.plan.offline or offline():
            for url in filter(needs_network, urls(task)):
                raise ConfigError(f"{url} cannot be reached: the network is not to be used (--offline, VMATTE_OFFLINE)")


def _completed(job: Any, given: Mapping[str, Any]) -> Any:  # noqa: ANN401  a Job, which is imported late
    from dataclasses import replace

    from vmatte.run.batch.elsewhere import standing_for

    masks = job.masks or (() if job.objects else tuple(map(standing_for, given["masks"])))
    plate = job.plate or (Path(standing_for(given["plate"])) if given["plate"] else None)
    over, name = job.over or standing_for(given["over"] or ""), job.name or given["name"] or ""
    return replace(job, masks=masks, plate=plate, over=over, name=name, overwrite=given["overwrite"])


def _executor(
    given: Mapping[str, Any], tasks: Sequence[Task], known: Sequence[Task], looks: Mapping[int, Outlook]
) -> Executor:
    from vmatte.run.batch.executor import Inline
    from vmatte.run.batch.machine import gpus_for
    from vmatte.run.batch.pool import Processes
    from vmatte.run.batch.share import shares

    if given["executor"] == "inline":
        return Inline()
    if given["executor"] == "ray":
        from vmatte.run.batch.cluster import Cluster
        from vmatte.run.batch.door import Door
        from vmatte.run.batch.need import GIB, Needs

        need = Needs(looks, known, round(given["memory"] * GIB))
        jobs = max(1, len(tasks))
        return Cluster(Door(given["address"]), need, jobs, given["workers"], given["cores"], given["stalled"])
    gpus = gpus_for([task.plan for task in tasks])
    return Processes(shares(given["workers"], max(1, len(tasks)), gpus), given["stalled"])


def _say_plan(
    tasks: Sequence[Task],
    settled: Mapping[int, Outcome],
    looks: Mapping[int, Outlook],
    executor: Executor,
    root: Path,
    quiet: bool,
) -> None:
    from vmatte.cli.plan_table import plan_lines
    from vmatte.run.batch.elsewhere import url_of
    from vmatte.run.batch.outlook import free_bytes

    if not quiet:
        for line in plan_lines(tasks, settled, looks, executor.workers, None if url_of(root) else free_bytes(root)):
            click.echo(line, err=True)


def _run(
    tasks: Sequence[Task],
    settled: Mapping[int, Outcome],
    looks: Mapping[int, Outlook],
    executor: Executor,
    given: Mapping[str, Any],
) -> Board:
    from vmatte.cli.table import Table
    from vmatte.run.batch.board import Board
    from vmatte.run.batch.driver import run_batch

    waiting = [task for task in tasks if task.number not in settled]
    _fetch(waiting, given["quiet"])
    board = Board(tasks, looks, settled)
    with writing(), Table(board, sys.stderr, given["quiet"]) as table:
        try:
            run_batch(waiting, executor, given["retries"], table)
        except KeyboardInterrupt:
            _write(board, tasks, waiting[0].root)
            raise
    return board


def _fetch(tasks: Sequence[Task], quiet: bool) -> None:
    """Missing weights, once, before workers ask for them all at the same time."""
    from vmatte.cli.progress import Fetching
    from vmatte.models.checkpoint import checkpoint

    plans = {task.plan.model.name: task.plan for task in tasks if task.plan.model.name != "auto"}

    def say(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    with Fetching(say, quiet) as fetching:
        for plan in plans.values():
            try:
                checkpoint(plan.model, accept=plan.accept_license, no_network=plan.offline, teller=fetching.teller)
            except WeightsError as error:
                logging.getLogger(__name__).info("its jobs will say so: %s", error)


def _write(board: Board, tasks: Sequence[Task], root: Path) -> list[dict[str, Any]]:
    from vmatte.run.batch.elsewhere import told, written_to
    from vmatte.run.batch.summary import rows, write_summary

    outcomes = {number: line.outcome for number, line in board.lines.items() if line.outcome is not None}
    found = rows(tasks, outcomes, {number: line.tries for number, line in board.lines.items()})
    try:
        with written_to(root) as folder:
            write_summary(folder, found, board.elapsed)
    except OSError as error:
        raise OutputError(f"cannot write the summary into {told(root)}: {error.strerror or error}") from error
    return found


def _finish(board: Board, tasks: Sequence[Task], root: Path, given: Mapping[str, Any]) -> None:
    from vmatte.cli.plan_table import summary_lines
    from vmatte.run.batch.task import State

    found = _write(board, tasks, root)
    if given["as_json"]:
        click.echo(json.dumps(found, indent=2))
    if not given["quiet"]:
        for line in summary_lines(board, root):
            click.echo(line, err=True)
    failed = board.counts[State.failed]
    if failed:
        raise click.exceptions.Exit(NONE_SUCCEEDED if failed == len(tasks) else SOME_FAILED)
