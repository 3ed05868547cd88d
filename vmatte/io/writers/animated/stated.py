"""What an animated image says of itself, read from its bytes: size, loops, and how long each frame stands.

GIF: GIF89a specification. APNG: PNG specification third edition, chapter 11.3.6. WebP: RFC 9649, section 2.7.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from vmatte.core.errors import InputError

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Stated:
    """An animation by its own account.

    Attributes:
        kind: `gif`, `apng` or `webp`.
        width: Of the canvas.
        height: Of the canvas.
        loops: How often it plays; 0 is for ever.
        durations: Milliseconds of each stored frame; writers merge frames that are alike. None for a still.
    """

    kind: str
    width: int
    height: int
    loops: int
    durations: tuple[Fraction, ...]


def stated(data: bytes) -> Stated:
    """The account of a GIF, APNG or animated WebP file.

    Raises:
        InputError: It is none of them, or cut short.
    """
    try:
        if data[:6] in (b"GIF87a", b"GIF89a"):
            return _gif(data)
        if data[:8] == _PNG:
            return _apng(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError) as error:
        raise InputError("an animated image is cut short") from error
    raise InputError("not a GIF, an APNG or an animated WebP")


def timed(data: bytes, durations: list[int]) -> bytes:
    """The same file with these durations for its stored frames, in milliseconds; hundredths of a second for GIF.

    A still has nowhere to say how long it stands, and stays as it is.
    """
    found = bytearray(data)
    places = list(_places(data))
    if not places and len(durations) == 1:
        return data
    for (place, kind), duration in zip(places, durations, strict=True):
        if kind == "gif":
            struct.pack_into("<H", found, place, round(duration / 10))
        elif kind == "webp":
            found[place : place + 3] = duration.to_bytes(3, "little")
        else:
            struct.pack_into(">HH", found, place, duration, 1000)
            begin = place - 24  # of the chunk's name
            struct.pack_into(">I", found, begin + 30, zlib.crc32(found[begin : begin + 30]))
    return bytes(found)


def _places(data: bytes) -> Iterator[tuple[int, str]]:
    """Where the duration of each frame stands."""
    if data[:3] == b"GIF":
        yield from ((place + 1, "gif") for place, label in _gif_extensions(data) if label == 0xF9)
    elif data[:8] == _PNG:
        # Of an fcTL: name, sequence number, size, offset, then the duration.
        yield from ((place + 20, "apng") for name, place, _ in _png_chunks(data) if name == b"fcTL")
    else:
        yield from ((place + 12, "webp") for name, place, _ in _riff_chunks(data) if name == b"ANMF")


def _gif(data: bytes) -> Stated:
    width, height = struct.unpack_from("<HH", data, 6)
    loops, durations = 1, []
    for place, label in _gif_extensions(data):
        if label == 0xF9:
            durations.append(Fraction(10 * struct.unpack_from("<H", data, place + 1)[0]))
        elif label == 0xFF and data[place : place + 11] == b"NETSCAPE2.0":
            again = struct.unpack_from("<H", data, place + 13)[0]
            loops = again + 1 if again else 0
    return Stated("gif", width, height, loops, tuple(durations))


def _gif_extensions(data: bytes) -> Iterator[tuple[int, int]]:
    """Place of the first byte of content, and label, of each extension."""
    place = 13 + _gif_table(data[10])
    while data[place] != 0x3B:
        if data[place] == 0x21:
            yield place + 3, data[place + 1]
            place += 2
        else:
            place += 11 + _gif_table(data[place + 9])
        while data[place]:
            place += data[place] + 1
        place += 1


def _gif_table(packed: int) -> int:
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _apng(data: bytes) -> Stated:
    width = height = 0
    loops, durations = 1, []
    for name, place, _ in _png_chunks(data):
        if name == b"IHDR":
            width, height = struct.unpack_from(">II", data, place)
        elif name == b"acTL":
            loops = struct.unpack_from(">I", data, place + 4)[0]
        elif name == b"fcTL":
            parts, of = struct.unpack_from(">HH", data, place + 20)
            durations.append(Fraction(1000 * parts, of or 100))
    return Stated("apng", width, height, loops, tuple(durations))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    place = 8
    while place < len(data):
        (size,) = struct.unpack_from(">I", data, place)
        name = data[place + 4 : place + 8]
        yield name, place + 8, size
        if name == b"IEND":
            return
        place += 12 + size


def _webp(data: bytes) -> Stated:
    width = height = 0
    loops, durations = 1, []
    for name, place, _ in _riff_chunks(data):
        if name == b"VP8X":
            width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (place + 4, place + 7))
        elif name == b"ANIM":
            (loops,) = struct.unpack_from("<H", data, place + 4)
        elif name == b"ANMF":
            durations.append(Fraction(int.from_bytes(data[place + 12 : place + 15], "little")))
    return Stated("webp", width, height, loops, tuple(durations))


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    place = 12
    while place < len(data):
        (size,) = struct.unpack_from("<I", data, place + 4)
        yield data[place : place + 4], place + 8, size
        place += 8 + size + size % 2
