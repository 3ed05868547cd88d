"""A spool: records set aside on disk, read again in either direction, so that memory does not grow with the clip."""

from __future__ import annotations

import pickle
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

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

    def _read(self, numbers: Iterable[int]) -> Iterator[T]:
        for number in numbers:
            start, stop = self._offsets[number : number + 2]
            self._file.seek(start)
            record: Any = pickle.loads(zlib.decompress(self._file.read(stop - start)))
            yield record
