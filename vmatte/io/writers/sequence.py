"""One image file per picture, numbered by source frame."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from vmatte.core.errors import OutputError
from vmatte.core.timing import Meter
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.check import Ledger, sampled
from vmatte.io.writers.log import DamagedError, Keeping
from vmatte.io.writers.partial import Partial, explained, synced
from vmatte.io.writers.pool import Pool
from vmatte.io.writers.video import Facts, fits

# The bytes of one image file, and the fingerprint of its alpha.
Store = Callable[[Picture], tuple[bytes, int]]


@dataclass(frozen=True, slots=True)
class Images:
    """A kind of image file.

    Attributes:
        extension: With its dot.
        store: Makes an encoder, for one thread.
        read: The fingerprint of a file's alpha; -1 when it is not what was asked for.
        warnings: What the user should know.
    """

    extension: str
    store: Callable[[], Store]
    read: Callable[[Path], int]
    warnings: tuple[str, ...] = ()


class SequenceWriter:
    """A `core.types.Writer` of one folder of image files.

    Args:
        path: The folder's final name.
        clip: Size of the pictures.
        images: The kind of file.
        overwrite: Whether a folder of that name may be replaced, with all that is in it.
        workers: Encoders that work side by side.
        keeping: Given for a run that may have to go on from here: its images stay; None for one that need not.

    Attributes:
        meter: Seconds of work per picture, storing it included.
    """

    def __init__(
        self,
        path: Path,
        clip: Clip,
        images: Images,
        *,
        overwrite: bool = False,
        workers: int = 1,
        keeping: Keeping | None = None,
    ) -> None:
        self.meter = Meter("encode")
        self._clip, self._images = clip, images
        self._ledger = Ledger()
        self._last = -1
        self._checks: tuple[str, ...] = ()
        state = None if keeping is None else keeping.state
        self._synced = 0
        self._partial = Partial(path, folder=True, overwrite=overwrite, kept=state is not None)
        self._pool = Pool([self._tool() for _ in range(workers)], images.extension.lstrip("."))
        if state is not None:
            try:
                self._go_on(state)
            except BaseException:
                self.__exit__(None, None, None)
                raise

    @property
    def path(self) -> Path:
        """The folder's final name."""
        return self._partial.path

    @property
    def facts(self) -> Facts:
        """What there is to report."""
        return Facts(self.path, len(self._ledger), self._partial.size, self._checks, self._images.warnings)

    def __enter__(self) -> SequenceWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._pool.close()
        finally:
            self._partial.discard()

    def write(self, picture: Picture) -> None:
        """Gives one picture to the encoders; waits while all of them are busy.

        Raises:
            OutputError: The picture does not fit, or an earlier one could not be encoded or stored.
        """
        fits(picture, self._clip)
        if picture.index <= self._last:
            raise OutputError(f"{self.path}: frame {picture.index} came twice or out of order")
        self._last = picture.index
        with explained(self.path):
            for index, mark, crc in self._pool.put(picture):
                self._note(index, mark, crc)

    def finish(self) -> None:
        """Waits for the last files and checks all of them.

        Raises:
            OutputError: There is no picture, or a file is not what was meant.
        """
        with explained(self.path):
            for index, mark, crc in self._pool.rest():
                self._note(index, mark, crc)
        self._pool.close()
        if not len(self._ledger):
            raise OutputError(f"{self.path}: there was no picture to write")
        self._checks = self._check()

    def settle(self) -> object:
        """Ends a segment: all images are on the disk; what it takes to go on from here."""
        with explained(self.path):
            for index, mark, crc in self._pool.rest():
                self._note(index, mark, crc)
            for index in self._ledger.times[self._synced :]:
                synced(self._name(index))
            synced(self._partial.work)
        self._synced, self._partial.kept = len(self._ledger), True
        return {"last": self._last, "ledger": (self._ledger.times, self._ledger.marks, self._ledger.packets)}

    def _go_on(self, state: dict[str, Any]) -> None:
        """Takes up the images of an earlier run; later ones, of a segment it did not end, are removed.

        Raises:
            DamagedError: One is gone, or not what was written.
        """
        ledger = self._ledger
        ledger.times, ledger.marks, ledger.packets = state["ledger"]
        self._last, self._synced = state["last"], len(ledger)
        with explained(self.path):
            wanted = {self._name(index) for index in ledger.times}
            for entry in self._partial.work.iterdir():
                if entry not in wanted:
                    entry.unlink()
            for index, crc in zip(ledger.times, ledger.packets, strict=True):
                path = self._name(index)
                if not path.exists() or zlib.crc32(path.read_bytes()) != crc:
                    raise DamagedError(f"{path} is not what was written")

    def publish(self) -> None:
        """Gives the finished folder its final name."""
        if not self._checks:
            raise RuntimeError("finish() comes before publish()")
        self._partial.publish()

    def _note(self, index: int, mark: int, crc: int) -> None:
        self._ledger.add(index, mark)
        self._ledger.packets.append(crc)

    def _tool(self) -> Callable[[Picture], tuple[int, int, int]]:
        encode = self._images.store()

        def store(picture: Picture) -> tuple[int, int, int]:
            with self.meter.timing():
                try:
                    data, mark = encode(picture)
                except OutputError as error:
                    raise OutputError(f"frame {picture.index}: {error}") from error
                self._name(picture.index).write_bytes(data)
                return picture.index, mark, zlib.crc32(data)

        return store

    def _name(self, index: int) -> Path:
        return self._partial.work / f"{index:06d}{self._images.extension}"

    def _check(self) -> tuple[str, ...]:
        indices = self._ledger.times
        found = sorted(entry.name for entry in self._partial.work.iterdir())
        if found != sorted(self._name(index).name for index in indices):
            raise OutputError(f"{self.path} does not hold the {len(indices)} images written to it: run again")
        wanted = set(sampled(len(indices)))
        for position, index in enumerate(indices):
            data = self._name(index).read_bytes()
            if zlib.crc32(data) != self._ledger.packets[position]:
                raise OutputError(f"{self.path}: the bytes of image {index} are not those written: run again")
            if position in wanted and self._images.read(self._name(index)) != self._ledger.marks[position]:
                raise OutputError(f"{self.path}: the alpha of image {index} is not what was written: run again")
        return (f"{len(indices)} images", f"alpha of {len(wanted)} images exact")
