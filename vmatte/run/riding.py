"""Scores that ride along with a run: an output that accumulates instead of writing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from vmatte.core.errors import ConfigError
from vmatte.core.flow import Prefetch
from vmatte.core.keeping import FORGETFUL, Keeper, noted
from vmatte.core.types import Image8, Matte, Stream
from vmatte.io.alpha import AlphaClip, AlphaFrame
from vmatte.io.open import OpenedSource
from vmatte.metrics.evaluators import evaluator
from vmatte.metrics.scorer import Result, ScoreOptions, Scorer
from vmatte.metrics.unseen import Seen, Watcher
from vmatte.run.matching import Matched, Placed, check_size, matched

_AHEAD = 2


class Riding:
    """Scores every layer of the mattes that pass, without truth, and with it where that was given.

    Attributes:
        notes: How the truth was matched.
    """

    def __init__(
        self,
        options: ScoreOptions,
        source: OpenedSource,
        span: tuple[int, int | None],
        truth: Path | None = None,
        layers: int = 1,
    ) -> None:
        """Opens the truth and matches its frames to those of the run, `span`.

        Raises:
            ConfigError: The evaluator is unknown, or there is a truth but several objects.
            InputError: The truth cannot be read, or does not match.
        """
        evaluator(options.evaluator)
        if truth is not None and layers > 1:
            raise ConfigError(f"--truth {truth} is one matte, but {layers} objects get one each: --set objects=merged")
        self._options = options
        self._scorers: dict[str, Scorer] = {}
        self._truth = None if truth is None else AlphaClip(truth)
        self._matched: Matched | None = None
        if self._truth is not None:
            check_size(source, self._truth.source)
            self._matched = matched(Placed.of(source).cut(*span), Placed.of(self._truth.source))
        self.notes = () if self._matched is None else self._matched.notes

    @property
    def with_truth(self) -> bool:
        """Whether there is a truth to score against."""
        return self._truth is not None

    def __call__(self, mattes: Iterator[Matte], beside: bool = True, keeper: Keeper = FORGETFUL) -> Stream[Matte]:
        """Passes mattes on, having scored them; `beside`: motion is found ahead of that, on threads of its own."""
        last: Image8 | None = None
        if keeper.kept is not None:
            self._scorers, last = keeper.kept
        with ExitStack() as stack:
            truths = self._truths(stack)
            watched = _watched(mattes, beside, last)
            ready = stack.enter_context(closing(Prefetch(watched, _AHEAD, "watch") if beside else watched))
            ready = noted(ready, keeper, lambda: (self._scorers, last), lambda item: item[0].frame.index)
            for matte, seen in ready:
                truth = next(truths) if truths is not None else None
                for layer in matte.layers:
                    scorer = self._scorers.setdefault(layer.name, Scorer(self._options))
                    scorer.update(layer.alpha, truth=None if truth is None else truth.alpha, seen=seen)
                last = matte.frame.sdr
                yield matte
                del matte

    def results(self) -> dict[str, Result]:
        """The scores so far by layer."""
        return {name: scorer.result(self.notes) for name, scorer in self._scorers.items()}

    def _truths(self, stack: ExitStack) -> Iterator[AlphaFrame] | None:
        if self._truth is None or self._matched is None:
            return None
        return stack.enter_context(closing(Prefetch(self._truth.mattes(self._matched.frames), _AHEAD, "truth")))


def _watched(mattes: Iterator[Matte], beside: bool, last: Image8 | None = None) -> Stream[tuple[Matte, Seen]]:
    with ThreadPoolExecutor(1, thread_name_prefix="vmatte-flow") as pool:
        watcher = Watcher(pool if beside else None)
        if last is not None:
            watcher.see(last)
        for matte in mattes:
            yield matte, watcher.see(matte.frame.sdr)
            del matte
