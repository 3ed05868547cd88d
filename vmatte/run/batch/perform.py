"""Runs one task, whatever executor asks; every error but an interrupt becomes an outcome."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from vmatte.core.errors import ConfigError, HintError, InputError, OutputError, VmatteError, WeightsError
from vmatte.core.whole import write_whole
from vmatte.models.lift import load_model
from vmatte.run.batch.digest import sealed, vouched
from vmatte.run.batch.joined import Joined
from vmatte.run.batch.task import Outcome, State, Task
from vmatte.run.build import Load, Prepared, prepare
from vmatte.run.clip import Progress, run_job
from vmatte.run.held import Held
from vmatte.run.outputs import report_path
from vmatte.run.report import Report, write_report
from vmatte.run.resume import Journaling
from vmatte.weights.home import offline

# Whoever tries these again gets them again. A full disk, a lost share, a crowded device and a network may recover.
_LASTING = (ConfigError, HintError, InputError)


def perform(task: Task, progress: Progress, load: Load = load_model) -> Outcome:
    """Runs a task; its report holds the digest by which a later batch knows it as done."""
    started = time.monotonic()

    def run() -> Outcome:
        report, path = _run(task, progress, load)
        size = sum(int(output["bytes"]) for output in report.outputs)
        seconds = time.monotonic() - started
        return Outcome(
            State.done,
            frames=report.frames,
            before=report.before,
            seconds=seconds,
            bytes=size,
            report=path,
            warnings=report.warnings,
        )

    outcome = tried(run)
    # Weights that are not here stay so where the network is not to be touched.
    lasting = outcome.kind == WeightsError.__name__ and (task.plan.offline or offline())
    return replace(outcome, again=outcome.again and not lasting)


def tried(run: Callable[[], Outcome]) -> Outcome:
    """The outcome of a try; every error but an interrupt is one."""
    started = time.monotonic()
    try:
        return run()
    except VmatteError as error:
        return failure(error, not isinstance(error, _LASTING), started)
    except Exception as error:
        logging.getLogger(__name__).info("where it came from", exc_info=error)
        return failure(error, True, started, f"{type(error).__name__}: ")


def started_mark(report: Path) -> Path:
    """The file that says that a run has begun to write, and whose results lie there if its report does not."""
    return report.with_name(f"{report.name}.partial")


def _run(task: Task, progress: Progress, load: Load) -> tuple[Report, Path]:
    held = Held(task.job.clip)
    seal = sealed(task)
    # A run that was killed may have published results and not its report: they are this job's own.
    begun = started_mark(reported(task)).is_file()
    job = replace(task.job, overwrite=task.job.overwrite or begun)
    joined = Joined(task.parts) if task.parts else None
    prepared = prepare(job, task.plan, load=load, shots=task.shots, mattes=joined)
    stay_inside(task.root, prepared)
    mark = started_mark(prepared.report)
    _write_mark(mark)
    try:
        report = run_job(
            job, task.plan, dict(task.settings), progress, prepared, held, Journaling(lambda: seal, task.afresh)
        )
    except BaseException:
        if not any(output.path.exists() for output in prepared.outputs):
            with suppress(OSError):
                mark.unlink(missing_ok=True)
        raise
    report = replace(report, digest=vouched(seal, report, prepared.report))
    write_report(prepared.report, report)
    return report, prepared.report


def stay_inside(root: Path, prepared: Prepared) -> None:
    """Nothing is written outside the batch's folder, whatever names and links a job file uses."""
    inside = root.resolve()
    for path in (prepared.report, *(output.path for output in prepared.outputs)):
        if not path.parent.resolve().is_relative_to(inside):
            raise OutputError(f"{path} lies outside of {root}: a batch writes into its own folder only")


def _write_mark(mark: Path) -> None:
    try:
        write_whole(mark, "{}\n")
    except OSError as error:
        raise OutputError(f"cannot write {mark}: {error.strerror or error}; choose another --out") from error


def failure(error: BaseException, again: bool, started: float, prefix: str = "") -> Outcome:
    """The outcome of a try that ended in an error; `started` is on the monotonic clock."""
    text = f"{prefix}{' '.join(str(error).split())}"
    return Outcome(State.failed, text, type(error).__name__, again, seconds=time.monotonic() - started)


def reported(task: Task) -> Path:
    """Where the report of a task goes."""
    return report_path(task.job, task.plan.model.name)
