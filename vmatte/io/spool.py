"""A spool: records set aside on disk, read again in any order, so that memory does not grow with the clip."""

from __future__ import annotations

import pickle
import tempfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar, cast

from vmatte.core.errors import OutputError

T = TypeVar("T")

# Level 1 halves camera noise and shrinks mattes a hundredfold; higher levels cost more time than the model does.
_LEVEL = 1


class Spool(Generic[T]):
    """Keeps pickled records in an unnamed temporary file that vanishes with it.

    >>> with Spool[int]() as spool:
    ...     for number in (1, 2, 3):
    ...         spool.push(number)
    ...     list(spool), list(reversed(spool))
    ([1, 2, 3], [3, 2, 1])
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="vmatte-spool-")  # noqa: SIM115  closed by __exit__
        self._offsets: list[int] = [0]

    def __enter__(self) -> Spool[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def push(self, record: T) -> None:
        """Sets one more record aside.

        Raises:
            OutputError: The folder for temporary files is full.
        """
        data = zlib.compress(pickle.dumps(record, pickle.HIGHEST_PROTOCOL), _LEVEL)
        try:
            self._file.seek(self._offsets[-1])
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise OutputError(
                f"cannot set frames aside in {tempfile.gettempdir()}: {error.strerror}; "
                "free space there, point TMPDIR at a larger disk, or give a mask for an earlier frame"
            ) from error
        self._offsets.append(self._offsets[-1] + len(data))

    def __iter__(self) -> Iterator[T]:
        return self._read(range(len(self)))

    def __reversed__(self) -> Iterator[T]:
        return self._read(range(len(self) - 1, -1, -1))

    def __getitem__(self, number: int) -> T:
        if not 0 <= number < len(self):
            raise IndexError(number)
        start, stop = self._offsets[number : number + 2]
        self._file.seek(start)
        record: T = pickle.loads(zlib.decompress(self._file.read(stop - start)))
        return record

    def _read(self, numbers: Iterable[int]) -> Iterator[T]:
        return (self[number] for number in numbers)


class Tee(Generic[T]):
    """Lets several readers draw from one iterator, each at its own pace.

    The last few records stay in memory; what a slow reader has yet to see lies on disk.

    >>> with Tee(iter("abcd"), readers=2, near=1) as tee:
    ...     first, second = tee.reader(0), tee.reader(1)
    ...     "".join(first), "".join(second)
    ('abcd', 'abcd')
    """

    def __init__(self, source: Iterator[T], readers: int, near: int = 4) -> None:
        self._source, self._near = source, near
        self._read = [0] * readers
        self._recent: deque[T] = deque()
        self._drawn = 0
        self._far: Spool[T] = Spool()
        self._slots: dict[int, int] = {}

    def __enter__(self) -> Tee[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self._far.__exit__()

    def reader(self, number: int) -> Iterator[T]:
        """The records from the first, for reader `number`; ask once for each."""
        while True:
            place = self._read[number]
            if place == self._drawn and not self._draw():
                return
            record = self._at(place)
            self._read[number] = place + 1
            yield record

    def _draw(self) -> bool:
        """Takes one more record from the source; False when there is none."""
        record = next(self._source, self)
        if record is self:
            return False
        self._recent.append(cast("T", record))
        self._drawn += 1
        if len(self._recent) > self._near:
            oldest, place = self._recent.popleft(), self._drawn - len(self._recent) - 1
            if min(self._read) <= place:
                self._slots[place] = len(self._far)
                self._far.push(oldest)
        return True

    def _at(self, place: int) -> T:
        nearest = self._drawn - len(self._recent)
        return self._recent[place - nearest] if place >= nearest else self._far[self._slots[place]]
