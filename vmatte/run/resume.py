"""A run and its journal: whether to keep one, what the run is known by, and who keeps what in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from inspect import signature
from pathlib import Path
from typing import Any, Protocol, cast

from vmatte.core.frozen import ThawError
from vmatte.core.keeping import FORGETFUL, Keeper
from vmatte.core.types import Clip, Frame, Hints, Matte, Matter, Stage, Stream
from vmatte.io.writers import DamagedError, OutputWriter
from vmatte.models.registry import card
from vmatte.run.batch.share import cores
from vmatte.run.build import Prepared
from vmatte.run.journal import Journal
from vmatte.run.plan import Plan
from vmatte.run.report import versions
from vmatte.run.schedule import Schedule

#: Frames of a segment when nobody says, and how many segments make a journal worth having. To end one takes 0.08 s of a
#: processor and about 1 s of a busy machine and its disk at 1920x1080 with `recall` (43 MB of states, 38 of them the
#: foreground's); 240 frames take such a run 280 s of a processor.
SEGMENT, _WORTH = 240, 2
LOST = (ThawError, DamagedError)


@dataclass(frozen=True)
class Journaling:
    """How a run that may be long is kept.

    Attributes:
        seal: What the job is known by: settings, code, inputs; asked for only if a journal is kept.
        restart: Whether an earlier run is to be forgotten.
        tell: Told in words what becomes of it.
    """

    seal: Callable[[], Mapping[str, Any]]
    restart: bool = False
    tell: Callable[[str], None] = lambda text: None


class Going:
    """What a run keeps while it goes, or nothing at all.

    Attributes:
        done: Frames that an earlier run has written.
        warnings: What was warned of in it.
    """

    def __init__(self, journal: Journal | None, prepared: Prepared) -> None:
        self.journal = journal
        self._prepared = prepared
        self._lags = [int(getattr(stage, "lag", 0)) for stage in prepared.stages]
        self.done, self.warnings = 0, list[str]()
        self._began: int | None = None
        behind = sum(self._lags)
        self._writers, self._own = self._keeper("writers", behind), self._keeper("run", behind)
        # All states are read before anything is made of one of them: if one is damaged, none counts.
        self._model = self._keeper("model", 0)
        self._stages = [self._keeper(f"stage{place}", sum(self._lags[:place])) for place in range(len(self._lags))]
        #: Of the scores that ride along.
        self.scores: Keeper = FORGETFUL if prepared.riding is None else self._keeper("scores", behind)
        if self._own.kept is not None:
            self.done, self.warnings, self._began = self._own.kept
        if self._began is not None and prepared.backdrop is not None:
            prepared.backdrop.begin(self._began)

    @property
    def first(self) -> int:
        """The first frame to read."""
        return self._prepared.first if self.journal is None or self.journal.at is None else self.journal.at

    def mattes(self, frames: Iterator[Frame]) -> Stream[Matte]:
        """What the model makes of the frames."""
        prepared = self._prepared
        assert prepared.matter is not None, "a dry run's preparation was run"
        if self.journal is None:
            return prepared.matter.mattes(prepared.source.clip, prepared.hints, frames)
        keeping = cast("_Keeping", prepared.matter)
        return keeping.mattes(prepared.source.clip, prepared.hints, frames, self._model)

    def staged(self, mattes: Iterator[Matte]) -> Iterator[Matte]:
        """The mattes after all stages."""
        clip = self._prepared.source.clip
        for stage, keeper in zip(self._prepared.stages, self._stages, strict=True):
            kept = self.journal is not None
            mattes = cast("_KeepingStage", stage)(clip, mattes, keeper) if kept else stage(clip, mattes)
        return mattes

    def _keeper(self, name: str, behind: int) -> Keeper:
        return FORGETFUL if self.journal is None else self.journal.keeper(name, behind)

    def segment(self, frame: Frame, done: int, writers: Sequence[OutputWriter], warnings: Sequence[str]) -> None:
        """Before this frame is written: ends a segment if one is due."""
        if self._began is None:
            self._began = frame.pts
        if self.journal is None or not self._writers.due(frame.index):
            return
        at = frame.index + sum(self._lags)
        self._own.keep(frame.index, (done, [*self.warnings, *warnings], self._began))
        if not self.journal.complete(at, "writers"):
            self.journal.drop(at)
            return
        settled = [writer.settle() for writer in writers]
        self._writers.keep(frame.index, tuple(settled))
        if self.journal.complete(at, ""):
            lengths = {place: state.get("length", 0) for place, state in enumerate(settled) if isinstance(state, dict)}
            self.journal.commit(at, lengths)


def opened_journal(prepared: Prepared, plan: Plan, journaling: Journaling | None) -> Journal | None:
    """The journal of a run; None when none is to be kept.

    Raises:
        OutputError: Another run has it open, or it cannot be written.
    """
    every = segment_of(prepared, plan)
    if journaling is None or not every:
        return None
    if why := unable(prepared):
        journaling.tell(f"a run like this cannot be gone on with if it is interrupted: {why}")
        return None
    seal = journaling.seal()
    identity = {
        "the settings": seal["settings"],
        "the code": seal["code"],
        "the clip or its hints": seal["inputs"],
        "the model": [asdict(prepared.settings), None if prepared.weights is None else prepared.weights.sha256],
        "the results": [[output.name, output.path.name] for output in prepared.outputs],
        "run.segment": every,
        "the device or the versions of libraries": [versions(), plan.device.value],
        "the number of threads (cores, stream.threads, stream.encoders or OMP_NUM_THREADS)": _threads(plan),
    }
    folder = journal_folder(prepared.report)
    return Journal(folder, identity, _schedule(prepared, every), restart=journaling.restart, tell=journaling.tell)


def _schedule(prepared: Prepared, every: int) -> Schedule:
    if prepared.scenes is not None:
        # Before the last mask of a shot the model keeps nothing, and the segment is given up by itself.
        lag = sum(int(getattr(stage, "lag", 0)) for stage in prepared.stages)
        return Schedule(prepared.first, every, cuts=[shot.first for shot in prepared.scenes.shots], lag=lag)
    mask = prepared.hints.maps.get("mask") if "mask" in card(prepared.settings.name).needs else None
    return Schedule(prepared.first, every, () if mask is None else mask.indices or ())


def journal_folder(report: Path) -> Path:
    """Where the journal of the run lies that has this report."""
    return report.with_name(f"{report.name.removesuffix('.json').removesuffix('.report')}.journal")


def segment_of(prepared: Prepared, plan: Plan) -> int:
    """Frames of a segment; 0 for a run that is too short to be kept."""
    if plan.run.segment >= 0:
        return plan.run.segment
    total = prepared.total
    return SEGMENT if total is None or total >= _WORTH * SEGMENT else 0


def unable(prepared: Prepared) -> str:
    """Why a run cannot be gone on with, in words; empty when it can."""
    if prepared.riding is not None and prepared.riding.with_truth:
        return "scores against a truth are added up in one go"
    if not getattr(prepared.matter, "keeps", False):
        return f"model {prepared.settings.name} keeps no state"
    idle = next((stage for stage in prepared.stages if "keeper" not in signature(stage).parameters), None)
    return "" if idle is None else f"stage {type(idle).__name__} keeps no state"


class _Keeping(Matter, Protocol):
    """A Matter that keeps its state."""

    def mattes(
        self, clip: Clip, hints: Hints, frames: Iterator[Frame], keeper: Keeper = FORGETFUL
    ) -> Stream[Matte]: ...


class _KeepingStage(Stage, Protocol):
    """A Stage that keeps its state."""

    def __call__(self, clip: Clip, mattes: Iterator[Matte], keeper: Keeper = FORGETFUL) -> Stream[Matte]: ...


def _threads(plan: Plan) -> list[Any]:
    """What the last bits of sums over several threads, and of encoders with several, depend on."""
    return [cores(), plan.stream.threads, plan.stream.encoders, os.environ.get("OMP_NUM_THREADS", "")]
