"""`vmatte watch`: a folder that clips are dropped into."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vmatte.cli.interrupt import writing
from vmatte.cli.jobs import executor_for, fetch_weights, root_of, tasks_of
from vmatte.cli.log import speak
from vmatte.cli.shared import HOW, WHERE, with_options
from vmatte.core.errors import ConfigError

if TYPE_CHECKING:
    from vmatte.run.batch.board import Line
    from vmatte.run.batch.inbox import Inbox
    from vmatte.run.batch.task import Event, Task

SOME_FAILED = 8
# As many jobs as a folder may hold: nobody knows how many will come.
_MANY = 10**9


@click.command("watch")
@click.argument("folder", metavar="DIR")
@click.option("--out", metavar="DIR", help="Folder for results. Default: DIR/results.")
@click.option("--done", metavar="DIR", help="Where clips go whose results are there. Default: DIR/done.")
@click.option("--failed", metavar="DIR", help="Where the others go, with the reason. Default: DIR/failed.")
@click.option(
    "--settle",
    type=click.FloatRange(0),
    default=5,
    show_default=True,
    metavar="S",
    help="Seconds that nothing about a clip and its mask may change before it is taken for complete.",
)
@click.option(
    "--every", type=click.FloatRange(0.05), default=1, show_default=True, metavar="S", help="Seconds between looks."
)
@click.option("--once", is_flag=True, help="End when no clip is left, instead of waiting for more.")
@with_options(HOW)
@with_options(WHERE)
@click.option("--overwrite", is_flag=True, help="Replace results of an earlier clip of the same name.")
@click.option("-q", "--quiet", is_flag=True, help="Print failures only.")
@click.option("-v", "--verbose", is_flag=True, help="Print more, and tracebacks of errors.")
def command(**given: Any) -> None:  # noqa: ANN401  click hands over its own mixture
    """Matte every clip that arrives in DIR, until interrupted.

    A clip is taken when neither it nor its mask or plate (CLIP.mask.png, CLIP.plate.png) has changed for --settle
    seconds. Clips that are done move to DIR/done, others to DIR/failed, with CLIP.error.txt beside them. What an
    interrupt leaves in DIR is done the next time.

    Exit codes: 0 every clip has succeeded, 8 some have not (with --once), 130 interrupted.
    """
    speak(given["verbose"])
    from vmatte.run.batch.watcher import Watcher
    from vmatte.weights.locking import locked

    folder = Path(given["folder"])
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no folder to watch")
    given["out"] = given["out"] or str(folder / "results")
    root = root_of(given)
    first = _task(given, root, 0, folder / "clip.mp4")
    fetch_weights([first], given["quiet"])
    executor = executor_for(given, [first], [], {}, jobs=_MANY)
    shown = _Shown(given["quiet"])
    watcher = Watcher(
        _inbox(given, folder, root),
        lambda number, clip: shown.named(_task(given, root, number, clip)),
        shown,
        given["once"],
        given["every"],
    )
    with locked(folder, lambda: _refuse(folder)), writing():
        if not given["quiet"]:
            click.echo(f"watching {folder}; results go to {given['out']}", err=True)
        watcher.run(executor, given["retries"])
    if watcher.failed:
        raise click.exceptions.Exit(SOME_FAILED)


class _Shown:
    """Says how jobs begin and end, a line each."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._lines: dict[int, Line] = {}

    def named(self, task: Task) -> Task:
        """Remembers a task, so that events find its name."""
        from vmatte.run.batch.board import Line
        from vmatte.run.batch.outlook import Outlook

        self._lines[task.number] = Line(task, Outlook())
        return task

    def __call__(self, event: Event) -> None:
        """An event of the batch."""
        from vmatte.cli.table import ended_line, shown
        from vmatte.run.batch.task import Began, Ended, Retried, State

        if isinstance(event, Began):
            line = self._lines[event.number]
            line.begin(event.worker, 0.0)
            if not self._quiet:
                click.echo(f"started {shown(line.task.name)} on {event.worker}", err=True)
        elif isinstance(event, Ended | Retried):
            line = self._lines[event.number]
            if not self._quiet or event.outcome.state is State.failed:
                text = ended_line(line, event.outcome, isinstance(event, Retried), "")
                click.echo(text.lstrip(), err=True)
            if isinstance(event, Ended):
                del self._lines[event.number]


def _task(given: dict[str, Any], root: Path, number: int, clip: Path) -> Task:
    from dataclasses import replace

    from vmatte.run.batch.row import Row
    from vmatte.run.plan import Job

    (task,) = tasks_of([Row(Job(clip, out=root))], given, root)
    return replace(task, number=number)


def _inbox(given: Mapping[str, Any], folder: Path, root: Path) -> Inbox:
    from vmatte.run.batch.inbox import Inbox

    done, failed = (Path(given[name] or folder / name) for name in ("done", "failed"))
    if len({path.resolve() for path in (folder, done, failed, root)}) < 4:
        raise ConfigError("DIR, --out, --done and --failed are to be four folders")
    return Inbox(folder, done, failed, [root], given["settle"])


def _refuse(folder: Path) -> None:
    raise ConfigError(f"{folder} is watched by another vmatte already")
