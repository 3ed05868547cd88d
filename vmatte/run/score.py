"""Scores mattes on disk: all clips are decoded once, side by side, and motion is found on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vmatte.core.errors import ConfigError
from vmatte.core.flow import Prefetch
from vmatte.core.types import Alpha, Image, Image8, Stream
from vmatte.io.alpha import AlphaClip, AlphaFrame, walk
from vmatte.io.open import OpenedSource, open_source
from vmatte.metrics.evaluators import Region, evaluator
from vmatte.metrics.pair import quantised
from vmatte.metrics.scorer import Result, ScoreOptions, Scorer
from vmatte.metrics.unseen import Seen, Watcher
from vmatte.run.matching import Matched, Placed, check_size, matched

Progress = Callable[[int, int | None], None]

# Frames decoded ahead of the one being scored, each clip.
_AHEAD = 2
# A matte that finds its subject at all overlaps its truth by more.
_UNRELATED = 0.2


@dataclass(frozen=True)
class Ask:
    """What to score against what.

    Attributes:
        truth: The true matte.
        source: The clip the mattes were made from.
        trimap: Trimaps of 0, 128 and 255, for evaluators that count unknown pixels only.
    """

    truth: Path | None = None
    source: Path | None = None
    trimap: Path | None = None


class Shown(NamedTuple):
    """The pictures of one scored frame, for a page.

    Attributes:
        alpha: (H, W) the matte.
        truth: (H, W) the true one, or None.
        source: (H, W, 3) uint8 RGB, or None.
        colour: (H, W, 3) the matte's own straight colours, uint8 or uint16, or None.
    """

    alpha: Alpha
    truth: Alpha | None
    source: Image8 | None
    colour: Image | None = None


@dataclass(frozen=True)
class Scored:
    """One scored matte: its numbers, and where its pictures are.

    Attributes:
        pred: The matte on disk.
        ask: What it was scored against.
        result: The scores.
        frames: By `pred`, `truth` and `source`, the frame number in that clip of every scored frame.
        how: How the frames of each clip but the first were matched, in words.
    """

    pred: Path
    ask: Ask
    result: Result
    frames: dict[str, tuple[int, ...]] = field(repr=False)
    how: dict[str, str] = field(default_factory=dict)

    def shown(self, place: int) -> Shown:
        """The pictures of the scored frame at `place`, read from the files; a video is sought in."""
        with closing(self.showing([place])) as pictures:
            return next(pictures)

    def showing(self, places: Sequence[int]) -> Stream[Shown]:
        """The pictures of the scored frames at these places, which ascend, each file read once."""

        def wanted(role: str) -> list[int]:
            return [self.frames[role][place] for place in places]

        with ExitStack() as stack:
            mattes = stack.enter_context(closing(AlphaClip(self.pred).mattes(wanted("pred"))))
            truth = None
            if self.ask.truth is not None:
                truth = stack.enter_context(closing(AlphaClip(self.ask.truth).mattes(wanted("truth"))))
            source = None
            if self.ask.source is not None:
                source = stack.enter_context(closing(walk(open_source(self.ask.source), wanted("source"))))
            for matte in mattes:
                yield Shown(
                    matte.alpha,
                    None if truth is None else next(truth).alpha,
                    None if source is None else next(source).sdr,
                    matte.colour,
                )


def score_clip(pred: Path, ask: Ask, options: ScoreOptions, progress: Progress = lambda done, total: None) -> Scored:
    """Scores one matte.

    Raises:
        ConfigError: Neither truth nor source was given, or an option is unknown.
        InputError: A clip cannot be read, or frames or sizes do not match.
    """
    return score_several([pred], ask, options, progress)[0]


def score_several(
    preds: Sequence[Path], ask: Ask, options: ScoreOptions, progress: Progress = lambda done, total: None
) -> list[Scored]:
    """Scores several mattes of the same frames; the motion of the source is found once for all.

    Raises:
        ConfigError: As for `score_clip`.
        InputError: As for `score_clip`.
    """
    _check(ask, options)
    inputs = _Inputs(preds, ask)
    scorers = [Scorer(options) for _ in preds]
    with ExitStack() as stack:
        moments = stack.enter_context(closing(inputs.moments(stack)))
        pool = stack.enter_context(ThreadPoolExecutor(max(1, len(preds)), thread_name_prefix="vmatte-score"))
        progress(0, inputs.count)
        for done, moment in enumerate(moments):
            list(pool.map(_update, scorers, moment.preds, [moment] * len(scorers)))
            progress(done + 1, inputs.count)
    notes = inputs.notes(options)
    if ask.source is not None and inputs.count < 2 * options.reach + 1:
        notes.append(f"LAG and PCE need {2 * options.reach + 1} frames with --max-lag {options.reach}")
    results = [scorer.result([*notes, *inputs.of(place)]) for place, scorer in enumerate(scorers)]
    return [
        Scored(pred, ask, _doubted(result), *inputs.matches(place))
        for place, (pred, result) in enumerate(zip(preds, results, strict=True))
    ]


def _doubted(result: Result) -> Result:
    """With a note where the truth looks like that of another clip."""
    agreed = result.metrics["IoU"].mean if "IoU" in result.metrics else None
    if agreed is None or agreed >= _UNRELATED:
        return result
    text = f"matte and truth have hardly a pixel in common (IoU {agreed:.2f}): does this truth belong to this clip?"
    return replace(result, notes=(*result.notes, text))


class _Moment(NamedTuple):
    preds: tuple[AlphaFrame, ...]
    truth: AlphaFrame | None
    trimap: AlphaFrame | None
    seen: Seen | None


class _Inputs:
    """All clips of one scoring, opened, matched and of one size."""

    def __init__(self, preds: Sequence[Path], ask: Ask) -> None:
        self._preds = [AlphaClip(path) for path in preds]
        self._truth = None if ask.truth is None else AlphaClip(ask.truth)
        self._trimap = None if ask.trimap is None else AlphaClip(ask.trimap)
        self._source = None if ask.source is None else open_source(ask.source)
        for other in self._others():
            check_size(self._preds[0].source, other)
        first = Placed.of(self._preds[0].source)
        self.count = first.count
        self._matched = {id(other): matched(first, Placed.of(other)) for other in self._others()}
        self._first = Matched(tuple(range(first.count)), "")

    def _others(self) -> list[OpenedSource]:
        alphas = [*self._preds[1:], *(each for each in (self._truth, self._trimap) if each is not None)]
        return [*(each.source for each in alphas), *([] if self._source is None else [self._source])]

    def _of(self, source: OpenedSource) -> Matched:
        return self._matched.get(id(source), self._first)

    def moments(self, stack: ExitStack) -> Stream[_Moment]:
        """Every frame with its counterparts, each clip decoded on its own thread."""

        def ahead(name: str, items: Iterator[Any] | None) -> Iterator[Any]:
            if items is None:
                return iter([None] * self.count)
            return stack.enter_context(closing(Prefetch(items, _AHEAD, name)))

        def mattes(clip: AlphaClip | None) -> Iterator[AlphaFrame] | None:
            return None if clip is None else clip.mattes(self._of(clip.source).frames)

        preds = [ahead("pred", mattes(clip)) for clip in self._preds]
        truth, trimap = ahead("truth", mattes(self._truth)), ahead("trimap", mattes(self._trimap))
        seen = ahead("source", None if self._source is None else _seen(self._source, self._of(self._source).frames))
        for pieces in zip(zip(*preds, strict=True), truth, trimap, seen, strict=True):
            yield _Moment(*pieces)

    def notes(self, options: ScoreOptions) -> list[str]:
        """What holds for every matte: how frames were matched, and how pixels were counted."""
        said = [note for found in self._matched.values() for note in found.notes]
        which = evaluator(options.evaluator)
        if self._truth is not None and which.region is not Region.whole and self._trimap is None:
            said.append(f"{which.name} counts pixels with {which.region.value}; no --trimap was given: all are")
        if which.name == "tcvom" and self._truth is not None:
            said.append(
                "MESSDdt needs the motion: give --source"
                if self._source is None
                else "MESSDdt uses motion found in the source, not the data set's own files"
            )
        return said + [note for clip in (self._truth, self._trimap) if clip is not None for note in _odd(clip)]

    def of(self, place: int) -> list[str]:
        """What holds for one matte."""
        return _odd(self._preds[place])

    def matches(self, place: int) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
        """Frame numbers by role, and how they were found."""
        sources = {"pred": self._preds[place].source}
        sources |= {} if self._truth is None else {"truth": self._truth.source}
        sources |= {} if self._source is None else {"source": self._source}
        found = {role: self._of(source) for role, source in sources.items()}
        return {role: each.frames for role, each in found.items()}, {
            role: each.how for role, each in found.items() if each.how
        }


def _update(scorer: Scorer, pred: AlphaFrame, moment: _Moment) -> None:
    truth = moment.truth
    scorer.update(
        pred.alpha,
        truth=None if truth is None else truth.alpha,
        seen=moment.seen,
        trimap=None if moment.trimap is None else np.asarray(quantised(moment.trimap.alpha), np.uint8),
        colour=pred.colour,
        true_colour=None if truth is None else truth.colour,
    )


def _seen(source: OpenedSource, frames: Sequence[int]) -> Stream[Seen]:
    with ThreadPoolExecutor(1, thread_name_prefix="vmatte-flow") as pool, closing(walk(source, frames)) as walked:
        watcher = Watcher(pool)
        for frame in walked:
            yield watcher.see(frame.sdr)


def _odd(clip: AlphaClip) -> list[str]:
    facts = clip.source.clip
    limited = not facts.has_alpha and not facts.colour.full_range
    guessed = "full_range" in facts.colour.guessed
    notes = [f"{facts.path}: {text}" for text in clip.warnings]
    if limited:
        notes.append(
            f"{facts.path}: a matte in limited range{' (the file does not say)' if guessed else ''}, which rounds it"
        )
    return notes


def _check(ask: Ask, options: ScoreOptions) -> None:
    if ask.truth is None and ask.source is None:
        raise ConfigError("nothing to score against: give --truth, --source or both")
    evaluator(options.evaluator)
    if options.radius < 1 or options.reach < 1:
        raise ConfigError("--band-radius and --max-lag must be 1 or more")
