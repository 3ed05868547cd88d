"""Writes pictures into one video file: pool of encoders, container, check, final name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from vmatte.core.errors import OutputError
from vmatte.core.timing import Meter
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.check import Ledger, check_file
from vmatte.io.writers.mux import NO_CUT, Cut, Mux
from vmatte.io.writers.partial import Partial, explained
from vmatte.io.writers.pool import Pool
from vmatte.io.writers.recipe import Encoder, Recipe

if TYPE_CHECKING:
    from av import Packet, VideoFrame, VideoStream

# A gap before the first picture that someone will notice in a player; only a warning depends on it.
_LONG_GAP = 60


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report says about an output.

    Attributes:
        path: The file, or the folder of a sequence.
        frames: Pictures written.
        bytes: Size of the file, or of all files.
        checks: What was found right after writing, in plain words.
        warnings: What is not as one would expect, in plain words.
    """

    path: Path
    frames: int
    bytes: int
    checks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Encoded:
    pts: int
    mark: float
    packets: list[Packet[VideoStream]]


class VideoWriter:
    """A `core.types.Writer` of one video file.

    Args:
        path: The final name.
        clip: Size, clock and colour of the pictures.
        recipe: The kind of file.
        source: Where the sound comes from; None for none.
        overwrite: Whether a file of that name may be replaced.
        workers: Encoders that work side by side.
        from_zero: Whether times start at zero instead of where the source starts.
        cut: Whether the run was trimmed.

    Attributes:
        meter: Seconds of work per encoded picture.
    """

    def __init__(
        self,
        path: Path,
        clip: Clip,
        recipe: Recipe,
        *,
        source: Path | None = None,
        overwrite: bool = False,
        workers: int = 1,
        from_zero: bool = False,
        cut: Cut = NO_CUT,
    ) -> None:
        self.meter = Meter("encode")
        self._clip, self._recipe, self._source, self._cut = clip, recipe, source, cut
        self._from_zero = from_zero
        self._workers = workers
        self._shift = 0
        self._warnings = list(recipe.warnings)
        self._checks: tuple[str, ...] = ()
        self._ledger = Ledger()
        self._durations: dict[int, int] = {}
        self._last: Picture | None = None
        self._mux: Mux | None = None
        self._encoder: Encoder | None = None
        self._pool: Pool[Picture, _Encoded] | None = None
        self._partial = Partial(path, folder=False, overwrite=overwrite)

    @property
    def path(self) -> Path:
        """The final name."""
        return self._partial.path

    @property
    def facts(self) -> Facts:
        """What there is to report."""
        return Facts(self.path, len(self._ledger), self._partial.size, self._checks, tuple(self._warnings))

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._pool is not None:
                self._pool.close()
        finally:
            try:
                if self._mux is not None:
                    self._mux.close_quietly()
            finally:
                self._partial.discard()

    def write(self, picture: Picture) -> None:
        """Gives one picture to the encoders; waits while all of them are busy.

        Raises:
            OutputError: The picture does not fit the file, or an earlier one could not be encoded or stored.
        """
        fits(picture, self._clip)
        self._check_order(picture)
        if self._pool is None:
            self._begin(picture)
        assert self._pool is not None
        with explained(self.path):
            for encoded in self._pool.put(picture):
                self._store(encoded)

    def finish(self) -> None:
        """Flushes, closes and checks the file.

        Raises:
            OutputError: It holds no picture, cannot be completed, or is not what was meant.
        """
        if self._pool is None or self._mux is None or self._last is None:
            raise OutputError(f"{self.path}: there was no picture to write")
        with explained(self.path):
            for encoded in self._pool.rest():
                self._store(encoded)
            self._pool.close()
            assert self._encoder is not None
            for packet in self._encoder.encode(None):
                self._add(packet)
            self._mux.finish(self._last.pts + self._duration_of(self._last))
            self._warnings += self._mux.warnings
        self._mux = None
        if self._recipe.complete is not None:
            with explained(self.path):
                self._recipe.complete(self._partial.work)
        self._checks = check_file(self._partial.work, self._recipe, self._ledger, self._clip.time_base)

    def publish(self) -> None:
        """Gives the finished file its final name."""
        if not self._checks:
            raise RuntimeError("finish() comes before publish()")
        self._partial.publish()

    def _begin(self, first: Picture) -> None:
        start = first.pts * self._clip.time_base
        if self._from_zero or start < 0:
            self._shift = -first.pts
        if start < 0 and not self._from_zero:
            self._warnings.append(f"the source starts at {float(start):g} s, before zero: everything was moved to zero")
        elif start > _LONG_GAP and not self._from_zero:
            self._warnings.append(
                f"the first picture is at {float(start):g} s, as in the source: players may show a gap before it"
            )
        with explained(self.path):
            self._mux = Mux(
                self._partial.work,
                self._clip,
                self._recipe,
                source=self._source,
                first=first.pts,
                shift=self._shift,
                cut=self._cut,
                threads=1 if self._recipe.intra else self._workers,
            )
        others = self._workers - 1 if self._recipe.intra else 0
        first_encoder = self._mux.encoder
        self._encoder = first_encoder if self._recipe.paired is None else self._recipe.paired(first_encoder)
        encoders = [self._encoder, *(self._recipe.encoder(self._clip) for _ in range(others))]
        self._pool = Pool([self._tool(encoder) for encoder in encoders], self.path.suffix.lstrip("."))

    def _tool(self, encoder: Encoder) -> Callable[[Picture], _Encoded]:
        def encode(picture: Picture) -> _Encoded:
            with self.meter.timing():
                frame, mark = self._draw(picture)
                return _Encoded(picture.pts, mark, encoder.encode(frame))

        return encode

    def _draw(self, picture: Picture) -> tuple[VideoFrame, float]:
        try:
            frame, mark = self._recipe.draw(picture)
        except OutputError as error:
            raise OutputError(f"frame {picture.index}: {error}") from error
        frame.pts, frame.time_base = picture.pts, self._clip.time_base
        self._recipe.tags.put(frame)
        return frame, mark

    def _store(self, encoded: _Encoded) -> None:
        self._ledger.add(encoded.pts + self._shift, encoded.mark)
        for packet in encoded.packets:
            self._add(packet)

    def _add(self, packet: Packet[VideoStream]) -> None:
        assert self._mux is not None
        assert packet.pts is not None
        if self._recipe.intra:
            self._ledger.add_packet(packet)
        self._mux.add(packet, self._durations.pop(packet.pts))

    def _check_order(self, picture: Picture) -> None:
        if self._last is not None and picture.pts <= self._last.pts:
            raise OutputError(
                f"{self.path}: frame {picture.index} is at {picture.pts}, not after {self._last.pts} of the one"
                " before: the source's timestamps are damaged; copy it into another container first"
            )
        self._durations[picture.pts] = self._duration_of(picture)
        self._last = Picture(picture.index, picture.pts, picture.duration)

    def _duration_of(self, picture: Picture) -> int:
        return picture.duration or max(1, round(1 / (self._clip.rate * self._clip.time_base)))


def fits(picture: Picture, clip: Clip) -> None:
    """Raises OutputError if a picture does not have the clip's size."""
    for pixels in (picture.colour, picture.alpha):
        if pixels is not None and pixels.shape[:2] != (clip.height, clip.width):
            raise OutputError(
                f"frame {picture.index} is {pixels.shape[1]}x{pixels.shape[0]}, its clip {clip.width}x{clip.height}:"
                " the size of a clip must not change"
            )
