"""Mastering display and content light levels into a QuickTime file, which PyAV has no door for.

The boxes `mdcv` and `clli` belong to the picture's sample description: ISO/IEC 14496-12, 12.1.6 and 12.1.7, the same
in Apple's QuickTime File Format. FFmpeg writes its `moov` last, so nothing that it points to is moved.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from vmatte.core.errors import OutputError
from vmatte.core.grading import Grading

# Of a visual sample entry before its own boxes: ISO/IEC 14496-12, 12.1.3; and of `stsd` before its entries.
_ENTRY, _TABLE = 86, 16
_PATH = (b"mdia", b"minf", b"stbl", b"stsd")


def state_grading(path: Path, grading: Grading) -> None:
    """Adds what a clip states to a finished file.

    Raises:
        OutputError: The file is not as FFmpeg writes it.
    """
    with path.open("r+b") as file:
        begin = _movie(file, path)
        file.seek(begin)
        movie = bytearray(file.read())
        _inserted(movie, _boxes(grading), path)
        file.seek(begin)
        file.write(movie)


def _boxes(grading: Grading) -> bytes:
    found = b""
    if grading.display is not None:
        red, green, blue, white = (grading.display[place : place + 2] for place in (0, 2, 4, 6))
        found += struct.pack(">I4s8H2I", 32, b"mdcv", *green, *blue, *red, *white, *grading.display[8:])
    if grading.light is not None:
        found += struct.pack(">I4s2H", 12, b"clli", *grading.light)
    return found


def _movie(file: BinaryIO, path: Path) -> int:
    """Where `moov` begins, the last box of the file."""
    size = path.stat().st_size
    begin = 0
    while begin < size:
        file.seek(begin)
        length, name = struct.unpack(">I4s", file.read(8))
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
        if name == b"moov" and begin + length == size:
            return begin
        begin += max(length, 8)
    raise OutputError(f"{path}: its index is not at its end: report a bug with this line")


def _inserted(movie: bytearray, boxes: bytes, path: Path) -> None:
    """Puts `boxes` into the picture's sample description and lengthens everything around it."""
    for track, *around in _descriptions(movie):
        entry = around[-1] + _TABLE
        place = entry + _ENTRY
        movie[place:place] = boxes
        for begin in (0, track, *around, entry):
            (length,) = struct.unpack_from(">I", movie, begin)
            struct.pack_into(">I", movie, begin, length + len(boxes))
        return
    raise OutputError(f"{path}: it describes no picture: report a bug with this line")


def _descriptions(movie: bytearray) -> Iterator[tuple[int, ...]]:
    """Where the boxes from `trak` to `stsd` begin, of each track of pictures."""
    for track, _, name in _children(movie, 0):
        places = [track]
        for wanted in _PATH if name == b"trak" else ():
            found = next((place for place, _, kind in _children(movie, places[-1]) if kind == wanted), None)
            if found is None:
                break
            places.append(found)
        if len(places) > len(_PATH) and any(kind == b"vmhd" for _, _, kind in _children(movie, places[2])):
            yield tuple(places)


def _children(movie: bytearray, parent: int) -> Iterator[tuple[int, int, bytes]]:
    (length,) = struct.unpack_from(">I", movie, parent)
    place = parent + 8
    while place + 8 <= parent + length:
        size, name = struct.unpack_from(">I4s", movie, place)
        if size < 8:
            return
        yield place, size, name
        place += size
