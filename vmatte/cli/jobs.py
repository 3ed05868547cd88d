"""From options to tasks and to what runs them, for the commands that work on many clips."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmatte.core.errors import ConfigError, WeightsError

if TYPE_CHECKING:
    from vmatte.run.batch.executor import Executor
    from vmatte.run.batch.outlook import Outlook
    from vmatte.run.batch.row import Row
    from vmatte.run.batch.task import Task
    from vmatte.run.plan import Plan


def root_of(given: Mapping[str, Any]) -> Path:
    """The output folder, or what stands for it; checked."""
    from vmatte.io.remote import check_url, is_url
    from vmatte.run.batch.elsewhere import stand_in
    from vmatte.run.outputs import check_folder

    if is_url(given["out"]):
        check_url(given["out"])
        return stand_in(given["out"], folder=True)
    check_folder(Path(given["out"]))
    return Path(given["out"])


def rows_of(given: Mapping[str, Any], root: Path) -> list[Row]:
    """Every job that the sources name."""
    from vmatte.io.remote import is_url
    from vmatte.run.batch.elsewhere import clips_at, stand_in
    from vmatte.run.batch.jobfile import is_jobfile, read_jobs
    from vmatte.run.batch.row import Row
    from vmatte.run.clips import sources_at
    from vmatte.run.plan import Job

    for option in ("sources", "masks", "plate", "trimap", "out", "weights", "over", "name"):
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


def tasks_of(rows: Sequence[Row], given: dict[str, Any], root: Path) -> list[Task]:
    """Rows with their plans; what the batch says of all jobs is what a job does not say itself."""
    from vmatte.cli.process import overrides_of
    from vmatte.config.load import load, plan_as_data
    from vmatte.io.writers import expanded, output_kind
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
                plan = load(list(own), Path(given["weights"]) if given["weights"] else None)
                for name in expanded(plan.outputs):
                    output_kind(name)
            except ConfigError as error:
                raise ConfigError(f"{row.place}: {error}" if row.place else str(error)) from error
            plans[own] = plan, plan_as_data(plan)
        plan, data = plans[own]
        if "{model}" in job.name and plan.model.name == "auto":
            raise ConfigError("--name with {model} needs the model's name before the run: say --model NAME")
        tasks.append(Task(number, job, plan, data, root, restart=not given.get("resume", True)))
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
    trimap = job.trimap or (Path(standing_for(given["trimap"])) if given["trimap"] else None)
    over, name = job.over or standing_for(given["over"] or ""), job.name or given["name"] or ""
    return replace(job, masks=masks, plate=plate, trimap=trimap, over=over, name=name, overwrite=given["overwrite"])


def executor_for(
    given: Mapping[str, Any], tasks: Sequence[Task], known: Sequence[Task], looks: Mapping[int, Outlook], jobs: int = 0
) -> Executor:
    """What runs jobs such as these tasks.

    Args:
        given: Options.
        tasks: Those that are to run, or one like them.
        known: Whose reports may tell what jobs need.
        looks: What is known of the clips.
        jobs: How many there will be, if not as many as tasks.
    """
    from vmatte.run.batch.executor import Inline
    from vmatte.run.batch.machine import gpus_for
    from vmatte.run.batch.pool import Processes
    from vmatte.run.batch.share import shares

    if given["executor"] == "inline":
        return Inline()
    jobs = jobs or max(1, len(tasks))
    if given["executor"] == "ray":
        from vmatte.run.batch.cluster import Cluster
        from vmatte.run.batch.door import Door
        from vmatte.run.batch.need import GIB, Needs

        need = Needs(looks, known, round(given["memory"] * GIB))
        return Cluster(Door(given["address"]), need, jobs, given["workers"], given["cores"], given["stalled"])
    gpus = gpus_for([task.plan for task in tasks])
    return Processes(shares(given["workers"], jobs, gpus), given["stalled"])


def fetch_weights(tasks: Sequence[Task], quiet: bool) -> None:
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
