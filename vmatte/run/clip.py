"""Runs one job: decode, model, stages and encode, each on its own thread, with bounded queues between them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, nullcontext
from dataclasses import asdict
from typing import Any

from vmatte.core.errors import InputError
from vmatte.core.flow import Prefetch
from vmatte.core.timing import Meter, metered
from vmatte.core.types import Clip, Matte, Picture, Stage, Stream, View
from vmatte.io.writers import Cut, OutputWriter, open_writer
from vmatte.models.checkpoint import Checkpoint
from vmatte.models.lift import facts
from vmatte.run import publishing
from vmatte.run.build import Prepared, prepare, writer_options
from vmatte.run.held import Held
from vmatte.run.journal import Journal
from vmatte.run.plan import Job, Plan
from vmatte.run.report import Report, StageTime, peak_rss, write_report
from vmatte.run.resume import LOST, Going, Journaling, opened_journal
from vmatte.stages.watch import Watch

Progress = Callable[[int, int | None], None]


def run_job(
    job: Job,
    plan: Plan,
    plan_data: dict[str, Any] | None = None,
    progress: Progress = lambda done, total: None,
    prepared: Prepared | None = None,
    held: Held | None = None,
    journaling: Journaling | None = None,
) -> Report:
    """Mattes one clip. Outputs appear under their final names together, when all are complete and checked.

    Args:
        job: What to work on.
        plan: How.
        plan_data: The composed configuration as plain values, for the report.
        progress: Called with the number of frames done and the number there are, if known.
        prepared: The job's own `prepare`, if that was done already.
        held: The clip as it was when the caller first looked at it.
        journaling: How it is kept if it is long; None keeps nothing.

    Raises:
        VmatteError: Whatever stopped the run; no partial file stays behind, but a journal may, to go on from.
    """
    held = held or Held(job.clip)
    job = publishing.unfinished(job, plan.model.name)
    prepared = prepared or prepare(job, plan)
    journal = opened_journal(prepared, plan, journaling)
    with journal or nullcontext():
        try:
            report = _written(job, plan, plan_data or {}, progress, prepared, held, journal)
        except BaseException as error:
            if journal is not None and journal.end is not None:
                error.add_note(f"the same command goes on at frame {journal.end}")
            raise
        write_report(prepared.report, report)
        publishing.end(prepared.report)
        if journal is not None:
            journal.remove()
    return report


def _written(
    job: Job,
    plan: Plan,
    plan_data: dict[str, Any],
    progress: Progress,
    prepared: Prepared,
    held: Held,
    journal: Journal | None,
) -> Report:
    """Writes and publishes all outputs; their report."""
    run = _Run(prepared, plan)
    started = time.perf_counter()
    with ExitStack() as stack:
        stack.enter_context(prepared.source)
        stack.enter_context(run.said)
        if prepared.backdrop is not None:
            stack.enter_context(closing(prepared.backdrop))
        writers = run.go_on(job, stack, journal)
        frames = run.write(stack, writers, progress)
        if frames == 0:
            raise InputError(f"{job.clip}: no frame lies in the range asked for; check --start and --end")
        with run.encode.timing():
            for writer in writers:
                writer.finish()
        held.check()
        publishing.begin(prepared.report, [output.path for output in prepared.outputs])
        for writer in writers:
            writer.publish()
        pairs = zip(prepared.outputs, writers, strict=True)
        outputs = tuple({"name": output.name, "alpha": output.alpha, **_facts(writer)} for output, writer in pairs)
    return run.report(plan_data, frames, time.perf_counter() - started, outputs)


class _Run:
    """The pipeline of one run and its meters."""

    def __init__(self, prepared: Prepared, plan: Plan) -> None:
        self._prepared, self._plan = prepared, plan
        self._clip: Clip = prepared.source.clip
        self._decode, self._model, self._stages = Meter("decode"), Meter("model"), Meter("stages")
        self._scores, self._wait = Meter("scores"), Meter("wait")
        self.encode = Meter("encode")
        self._queues: dict[str, Prefetch[Any]] = {}
        self.said = _Said()
        self.going = Going(None, prepared)

    def go_on(self, job: Job, stack: ExitStack, journal: Journal | None) -> list[OutputWriter]:
        """Opens the writers, with what an earlier run has left if all of it is sound; else starts over."""
        if journal is not None and journal.at is not None:
            try:
                with ExitStack() as attempt:
                    self.going = Going(journal, self._prepared)
                    writers = self._open_writers(job, attempt, journal)
                    stack.push(attempt.pop_all())
                    return writers
            except LOST as error:
                journal.start_over(str(error))
        self.going = Going(journal, self._prepared)
        return self._open_writers(job, stack, journal)

    def _open_writers(self, job: Job, stack: ExitStack, journal: Journal | None) -> list[OutputWriter]:
        sound = job.clip if self._clip.audio_streams else None
        cut = Cut(start=job.start is not None, end=job.end is not None)
        writers = []
        for number, output in enumerate(self._prepared.outputs):
            options = writer_options(output.name, self._plan)
            keeping = None if journal is None else journal.keeping(number)
            writer = open_writer(
                output.name, output.path, output.clip, sound, options, job.overwrite, cut=cut, keeping=keeping
            )
            stack.enter_context(writer)
            writers.append(writer)
        return writers

    def write(self, stack: ExitStack, writers: list[OutputWriter], progress: Progress) -> int:
        """Draws every matte through the pipeline into the writers; the number of frames."""
        total, done = self._prepared.total, self.going.done
        by_view: dict[View, list[OutputWriter]] = {}
        for output, writer in zip(self._prepared.outputs, writers, strict=True):
            by_view.setdefault(output.view, []).append(writer)
        progress(done, total)
        for matte in self._mattes(stack):
            with self.encode.timing():
                self.going.segment(matte.frame, done, writers, self.said.warnings)
                for view, group in by_view.items():
                    picture: Picture = view(matte)
                    for writer in group:
                        writer.write(picture)
            del matte, picture
            done += 1
            progress(done, total)
        return done

    def _mattes(self, stack: ExitStack) -> Iterator[Matte]:
        prepared = self._prepared
        source = prepared.source.frames(self.going.first, prepared.stop)
        frames = self._queue(stack, "decode", metered(source, self._decode))
        waited = metered(frames, self._wait)
        mattes = metered(self.going.mattes(waited), self._model, self._wait)
        # A network on the processor has a thread on every core, and they wait for each other at every layer: what else
        # runs beside it holds them all up.
        told = (facts(prepared.matter), *map(_told, prepared.stages))
        alone = any(each.get("device") == "cpu" for each in told)
        queued = self._unqueued if alone else self._queue
        ready = queued(stack, "model", mattes)
        if prepared.stages:
            waiting = Meter("wait")
            staged = self.going.staged(metered(ready, waiting))
            ready = queued(stack, "stages", metered(staged, self._stages, waiting))
        if prepared.riding is not None:
            waiting = Meter("wait")
            scored = prepared.riding(metered(ready, waiting), not alone, self.going.scores)
            ready = queued(stack, "scores", metered(scored, self._scores, waiting))
        return ready

    def _unqueued(self, stack: ExitStack, name: str, items: Stream[Any]) -> Iterator[Any]:
        return stack.enter_context(closing(items))

    def _queue(self, stack: ExitStack, name: str, items: Iterator[Any]) -> Prefetch[Any]:
        self._queues[name] = queue = Prefetch(items, self._plan.stream.depth, name)
        stack.enter_context(closing(queue))
        return queue

    def report(
        self, plan_data: dict[str, Any], frames: int, wall: float, outputs: tuple[dict[str, Any], ...]
    ) -> Report:
        prepared = self._prepared
        meters = [self._decode, self._model, *([self._stages] if prepared.stages else [])]
        meters += [*([self._scores] if prepared.riding is not None else []), self.encode]
        stages = tuple(
            StageTime(
                meter.name,
                meter.total,
                meter.quantile(0.5),
                meter.quantile(0.95),
                self._queues[meter.name].fill if meter.name in self._queues else None,
            )
            for meter in meters
        )
        warnings = [*prepared.warnings, *getattr(prepared.source, "warnings", ())]
        warnings += [*self.going.warnings, *self.said.warnings]
        warnings += [text for output in outputs for text in output.get("warnings", ())]
        watch = next((stage for stage in prepared.stages if isinstance(stage, Watch)), None)
        return Report(
            clip=self._clip,
            model=prepared.settings.name,
            why=prepared.choice.why,
            plan={**plan_data, "model": asdict(prepared.settings)},
            frames=frames,
            first=prepared.first,
            wall=wall,
            stages=stages,
            bottleneck=max(stages, key=lambda stage: stage.seconds).name,
            peak_rss=peak_rss(),
            outputs=outputs,
            hints=prepared.hint_files,
            runtime=facts(prepared.matter),
            weights=_vouched(prepared.weights),
            smoother=prepared.smoother,
            refiner=_refiner(prepared),
            look_at=() if watch is None else tuple(watch.findings()),
            confidence={} if watch is None else watch.confidence(),
            scores={} if prepared.riding is None else prepared.riding.results(),
            shots=() if prepared.scenes is None else prepared.scenes.ranges(),
            warnings=tuple(dict.fromkeys(warnings)),
            notes=tuple(dict.fromkeys(prepared.notes)),
            before=self.going.done,
        )


class _Said(logging.Handler):
    """Collects what models and stages warn of while a run lasts, for its report."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.warnings: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.warnings.append(record.getMessage())

    def __enter__(self) -> None:
        logging.getLogger("vmatte").addHandler(self)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("vmatte").removeHandler(self)


def _vouched(weights: Checkpoint | None) -> dict[str, str] | None:
    return None if weights is None else {"file": weights.path.name, "sha256": weights.sha256, "trust": weights.trust}


def _refiner(prepared: Prepared) -> dict[str, Any]:
    if prepared.refiner == "none":
        return {}
    told = [part for stage in prepared.stages for part in _told(stage).items()]
    return {"name": prepared.refiner, "runtime": dict(told), "weights": _vouched(prepared.refiner_weights)}


def _told(stage: Stage) -> dict[str, Any]:
    """What a stage has to say of how it runs, if anything."""
    told: dict[str, Any] = stage.facts() if hasattr(stage, "facts") else {}
    return told


def _facts(writer: OutputWriter) -> dict[str, Any]:
    return {**asdict(writer.facts), "encoder_seconds": writer.meter.total}
