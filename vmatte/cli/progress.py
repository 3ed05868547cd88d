"""Progress bars on standard error: frames of a clip, bytes of a download."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from tqdm import tqdm

from vmatte.weights.telling import Teller


class Bar:
    """A bar for one clip; call it with frames done and frames in all."""

    def __init__(self, name: str, quiet: bool) -> None:
        self._name, self._quiet = name, quiet
        self._bar: tqdm[Any] | None = None

    def __call__(self, done: int, total: int | None) -> None:
        if self._bar is None:
            self._bar = self._opened(total)
        bar = self._bar
        if total is not None and done > total:
            # The container claimed fewer frames than it holds.
            bar.total = done
        bar.update(done - bar.n)

    def _opened(self, total: int | None) -> tqdm[Any]:
        count = "{n_fmt} frames" if total is None else "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} frames"
        left = "" if total is None else ", {remaining} left"
        return tqdm(
            total=total,
            desc=self._name,
            unit="f",
            file=sys.stderr,
            # A log file has no use for a bar.
            disable=self._quiet or not sys.stderr.isatty(),
            dynamic_ncols=True,
            smoothing=0.1,
            bar_format="{desc}: " + count + ", {rate_noinv_fmt}" + left,
        )

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()


class Fetching:
    """Shows one download after another: lines through `say`, bytes as a bar on a terminal."""

    def __init__(self, say: Callable[[str], None], quiet: bool) -> None:
        self._say, self._quiet = say, quiet
        self._bar: tqdm[Any] | None = None
        self.teller = Teller(self._line, self._bytes)

    def _line(self, text: str) -> None:
        self._close()
        self._say(text)

    def _bytes(self, done: int, total: int | None) -> None:
        if self._bar is None:
            self._bar = tqdm(
                total=total,
                initial=done,
                unit="B",
                unit_scale=True,
                file=sys.stderr,
                disable=self._quiet or not sys.stderr.isatty(),
                dynamic_ncols=True,
            )
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Fetching:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
