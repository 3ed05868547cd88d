"""The progress bar: frames, frames per second and time left, on standard error."""

from __future__ import annotations

import sys
from types import TracebackType

from tqdm import tqdm


class Bar:
    """A bar for one clip; call it with frames done and frames in all."""

    def __init__(self, name: str, quiet: bool) -> None:
        self._name, self._quiet = name, quiet
        self._bar: tqdm[None] | None = None

    def __call__(self, done: int, total: int | None) -> None:
        if self._bar is None:
            self._bar = tqdm(
                total=total,
                desc=self._name,
                unit=" frames",
                file=sys.stderr,
                disable=self._quiet,
                dynamic_ncols=True,
                bar_format=None
                if total is None
                else "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} frames, {rate_fmt}, {remaining} left",
            )
        if total is not None and done > total:
            # The container claimed fewer frames than it holds.
            self._bar.total = done
        self._bar.update(done - self._bar.n)

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
