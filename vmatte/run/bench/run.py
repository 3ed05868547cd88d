"""Runs one model over a data set, item by item, and keeps what it found."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vmatte.core.errors import ConfigError
from vmatte.core.flow import Prefetch
from vmatte.core.timing import Meter, metered
from vmatte.core.types import Matter
from vmatte.io.alpha import AlphaClip
from vmatte.metrics.scorer import ScoreOptions, Scorer
from vmatte.models.lift import facts
from vmatte.models.registry import card
from vmatte.run.bench.layout import Item, mask_for
from vmatte.run.bench.record import Record, key_of, store, stored
from vmatte.run.build import Prepared, prepare
from vmatte.run.matching import Placed, check_size, matched
from vmatte.run.plan import Job, Plan
from vmatte.weights.telling import SILENT, Teller

#: Called with the item's name and whether it was done before.
Progress = Callable[[str, bool], None]
# Frames decoded ahead of the model.
_AHEAD = 2
# Where a true matte counts as the subject, when it has to serve as the mask of the first frame.
_SUBJECT = 0.5


@dataclass(frozen=True)
class Ask:
    """How to run.

    Attributes:
        folder: Where records are kept.
        options: How mattes are scored.
        masks: Folder of masks of first frames; None to make them from the truth.
    """

    folder: Path
    options: ScoreOptions
    masks: Path | None = None


class Runner:
    """One model, loaded once for all items.

    Attributes:
        name: Of the model.
    """

    def __init__(self, plan: Plan, settings: Mapping[str, Any], ask: Ask, teller: Teller = SILENT) -> None:
        """`settings` are the plan's as plain values.

        Raises:
            ConfigError: The plan names no model of its own.
        """
        self.name: str = plan.model.name
        if self.name == "auto":
            raise ConfigError("bench runs the models it is told to: name one or more with --model")
        self._plan = replace(plan, outputs=["alpha"], watch=False)
        told = {key: value for key, value in settings.items() if key not in ("accept_license", "offline", "score")}
        self._settings = {**told, "options": vars(ask.options), "masks": ask.masks is not None}
        self._ask, self._teller = ask, teller
        self._matter: Matter | None = None

    def over(self, items: Sequence[Item], progress: Progress = lambda name, before: None) -> dict[str, Record]:
        """Every item's record; what was done before with the same settings is not done again.

        Raises:
            VmatteError: What stopped it; items done until then are kept.
        """
        found = {}
        for item in items:
            path = self._ask.folder / self.name / f"{item.name}.json"
            key = key_of(self._settings, self._files(item))
            record = stored(path, key)
            progress(item.name, record is not None)
            if record is None:
                record = self._run(item, key)
                store(path, record)
            found[item.name] = record
        return found

    def _files(self, item: Item) -> dict[str, Path | None]:
        """What an item's result depends on."""
        needs = card(self.name).needs
        files: dict[str, Path | None] = {"source": item.source, "truth": item.truth}
        if "mask" in needs:
            files["mask"] = mask_for(item, self._ask.masks)
        if "plate" in needs:
            files["plate"] = item.plate
        return files

    def _run(self, item: Item, key: str) -> Record:
        with tempfile.TemporaryDirectory(prefix="vmatte-bench-") as folder:
            prepared = prepare(self._job(item, Path(folder)), self._plan, self._teller, matter=self._matter)
            self._matter = prepared.matter
            return self._measured(item, prepared, key)

    def _job(self, item: Item, folder: Path) -> Job:
        needs = card(self.name).needs
        masks: tuple[str, ...] = ()
        if "mask" in needs:
            masks = (str(mask_for(item, self._ask.masks) or _first_mask(item, folder)),)
        return Job(item.source, out=folder, masks=masks, plate=item.plate if "plate" in needs else None)

    def _measured(self, item: Item, prepared: Prepared, key: str) -> Record:
        clip, matter, truth = prepared.source.clip, prepared.matter, AlphaClip(item.truth)
        assert matter is not None
        check_size(prepared.source, truth.source)
        found = matched(Placed.of(prepared.source), Placed.of(truth.source))
        model, wait, scorer = Meter("model"), Meter("wait"), Scorer(self._ask.options)
        with ExitStack() as stack:
            stack.enter_context(prepared.source)
            frames = Prefetch(prepared.source.frames(prepared.first, prepared.stop), _AHEAD, "decode")
            stack.enter_context(closing(frames))
            mattes: Any = metered(matter.mattes(clip, prepared.hints, metered(frames, wait)), model, wait)
            stack.enter_context(closing(mattes))
            for stage in prepared.stages:
                mattes = stack.enter_context(closing(stage(clip, mattes)))
            truths = stack.enter_context(closing(truth.mattes(found.frames)))
            for matte, true in zip(mattes, truths, strict=True):
                scorer.update(matte.alpha, truth=true.alpha)
        result = scorer.result(found.notes)
        return Record(key, result, model.total, model.quantile(0.5), str(facts(matter).get("device", "cpu")))


def _first_mask(item: Item, folder: Path) -> Path:
    """The truth's first frame as black and white, for want of a mask of its own."""
    with closing(AlphaClip(item.truth).mattes([0])) as mattes:
        alpha = next(mattes).alpha
    path = folder / "first.png"
    cv2.imwrite(str(path), np.where(alpha >= _SUBJECT, 255, 0).astype(np.uint8))
    return path
