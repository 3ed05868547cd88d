"""`vmatte batch`: many clips, none of which stops the others."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmatte.cli.interrupt import writing
from vmatte.cli.jobs import executor_for, fetch_weights, root_of, rows_of, tasks_of
from vmatte.cli.log import speak
from vmatte.cli.shared import HOW, WHERE, with_options
from vmatte.core.errors import OutputError

if TYPE_CHECKING:
    from vmatte.run.batch.board import Board
    from vmatte.run.batch.driver import Splitting
    from vmatte.run.batch.executor import Executor
    from vmatte.run.batch.outlook import Outlook
    from vmatte.run.batch.task import Outcome, Task


class Part(click.ParamType[tuple[int, int]]):
    """`3/8`: the third of eight."""

    name = "part"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:  # noqa: ANN401
        """As (3, 8)."""
        place, sign, count = str(value).partition("/")
        if not (sign and place.isdecimal() and count.isdecimal() and 1 <= int(place) <= int(count)):
            self.fail(f"{value!r}: write I/N, I from 1 to N, such as 3/8", param, ctx)
        return int(place), int(count)


SOME_FAILED = 8
NONE_SUCCEEDED = 9


@click.command("batch")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCES...")
@click.option("--out", required=True, metavar="DIR", help="Folder for all results; nothing is written outside of it.")
@with_options(HOW)
@with_options(WHERE)
@click.option(
    "--rerun",
    type=click.Choice(["failed", "changed", "all"]),
    default="changed",
    show_default=True,
    help="Which jobs run that have a result here: none; those that would come out otherwise now; all.",
)
@click.option(
    "--part",
    type=Part(),
    metavar="I/N",
    help="Only every Nth job, from the Ith on (from 1): for job arrays. Its summary is batch.IofN.json and .csv.",
)
@click.option(
    "--split",
    type=click.IntRange(0),
    default=0,
    metavar="FRAMES",
    help="Work on longer clips in parts of so many frames side by side, with models whose frames are independent; with "
    "--shots auto in parts of whole shots, with any model that is named.",
)
@click.option(
    "--resume/--restart",
    "resume",
    default=True,
    help="Go on within clips where an interrupted run of the same job left off (default), or start them over.",
)
@click.option("--overwrite", is_flag=True, help="Replace files as well that no run of vmatte has reported.")
@click.option("--ignore-space", is_flag=True, help="Start although the disk seems too small.")
@click.option("--dry-run", is_flag=True, help="Look at all clips and hints, say what would be done, and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON to standard output.")
@click.option("-q", "--quiet", is_flag=True, help="Print failures only.")
@click.option("-v", "--verbose", is_flag=True, help="Print more, and tracebacks of errors.")
def command(**given: Any) -> None:  # noqa: ANN401  click hands over its own mixture
    """Matte many clips: SOURCES are clips, folders and globs of clips, or files of jobs (.yaml, .csv, .jsonl).

    A plan comes first, then a table of what runs. A job that fails does not stop the others. The same command again
    goes on where the last one stopped: jobs are skipped whose settings, code, weights, clip and hints are as their
    report says and whose outputs are what was written. DIR/batch.json and DIR/batch.csv tell how each job ended.

    Exit codes: 0 every job has succeeded, 8 some have, 9 none has, 130 interrupted. With --dry-run, jobs count as
    failed whose clip or hints are missing or damaged, or whose weights are not to be had.
    """
    speak(given["verbose"])
    from vmatte.run.batch.elsewhere import url_of
    from vmatte.run.batch.outlook import outlooks, refuse_full
    from vmatte.run.batch.standing import Rerun, standing_of_all

    root = root_of(given)
    tasks = _of_part(tasks_of(rows_of(given, root), given, root), given["part"])
    if not tasks:
        click.echo("no job falls to this part", err=True)
        return
    tasks, settled = standing_of_all(tasks, Rerun(given["rerun"]))
    waiting = [task for task in tasks if task.number not in settled]
    looks = outlooks(waiting, tasks)
    executor = executor_for(given, waiting, tasks, looks)
    _say_plan(tasks, settled, looks, executor, root, given["quiet"])
    _say_parts(waiting, looks, given)
    if not given["ignore_space"] and url_of(root) is None:
        refuse_full(root, looks)
    if given["dry_run"]:
        _end(sum(bool(look.why) for look in looks.values()), len(tasks))
        return
    board = _run(tasks, settled, looks, executor, given)
    _finish(board, tasks, root, given)


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


def _say_parts(waiting: Sequence[Task], looks: Mapping[int, Outlook], given: Mapping[str, Any]) -> None:
    """What --split is worth here."""
    from vmatte.run.batch.split import splittable

    most = given["split"]
    longer = [task for task in waiting if (looks[task.number].frames or 0) > most]
    if not most or given["quiet"] or not longer:
        return
    parted = sum(map(splittable, longer))
    whole = len(longer) - parted
    why = "; only named models that look at each frame alone, or --shots auto, let clips be parted" if whole else ""
    click.echo(f"  longer than {most} frames: {parted} go in parts, {whole} stay whole{why}", err=True)


def _of_part(tasks: list[Task], part: tuple[int, int] | None) -> list[Task]:
    """Chosen when all are known, so that collisions between parts are seen by each."""
    return tasks if part is None else tasks[part[0] - 1 :: part[1]]


def _named(part: tuple[int, int] | None) -> str:
    """What summaries are called."""
    return "batch" if part is None else f"batch.{part[0]}of{part[1]}"


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
    fetch_weights(waiting, given["quiet"])
    board = Board(tasks, looks, settled)
    with writing(), Table(board, sys.stderr, given["quiet"]) as table:
        try:
            run_batch(waiting, executor, given["retries"], table, _splitting(given, looks))
        except BaseException:
            # Interrupted, or cut off from its cluster: what is known so far is written down.
            _write(board, tasks, waiting[0].root, _named(given["part"]))
            raise
    return board


def _splitting(given: Mapping[str, Any], looks: Mapping[int, Outlook]) -> Splitting | None:
    from functools import partial

    from vmatte.run.batch.split import Splits

    return partial(Splits, looks=looks, most=given["split"]) if given["split"] else None


def _write(board: Board, tasks: Sequence[Task], root: Path, name: str) -> list[dict[str, Any]]:
    from vmatte.run.batch.elsewhere import told, written_to
    from vmatte.run.batch.summary import rows, write_summary

    outcomes = {number: line.outcome for number, line in board.lines.items() if line.outcome is not None}
    found = rows(tasks, outcomes, {number: line.tries for number, line in board.lines.items()})
    try:
        with written_to(root) as folder:
            write_summary(folder, found, board.elapsed, name)
    except OSError as error:
        raise OutputError(f"cannot write the summary into {told(root)}: {error.strerror or error}") from error
    return found


def _finish(board: Board, tasks: Sequence[Task], root: Path, given: Mapping[str, Any]) -> None:
    from vmatte.cli.plan_table import summary_lines
    from vmatte.run.batch.task import State

    name = _named(given["part"])
    found = _write(board, tasks, root, name)
    if given["as_json"]:
        click.echo(json.dumps(found, indent=2))
    if not given["quiet"]:
        for line in summary_lines(board, root, name):
            click.echo(line, err=True)
    _end(board.counts[State.failed], len(tasks))


def _end(failed: int, jobs: int) -> None:
    """With the exit code that says how many of all jobs have failed, or would."""
    if failed:
        raise click.exceptions.Exit(NONE_SUCCEEDED if failed == jobs else SOME_FAILED)
