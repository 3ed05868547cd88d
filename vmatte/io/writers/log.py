"""What a writer has made so far, on the disk, so that a run that ended early need not make it again.

Records are only ever appended. How much of the file counts is known to whoever asked for `sync`: what a dying process
wrote after that is cut off when the file is opened again.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import av

from vmatte.core.errors import OutputError

if TYPE_CHECKING:
    from av import Packet, VideoStream
    from av.packet import PacketSideData

# pts, dts, duration, whether a decoder can start here, bytes of data and of what goes beside it, their CRC-32.
_HEAD = struct.Struct("<qqqBIII")
_BESIDE: Literal["matroska_block_additional"] = "matroska_block_additional"
# FFmpeg puts the number of the addition before it.
_NUMBER = 8


class DamagedError(ValueError):
    """A log is shorter than it was, or its bytes are not those written."""


@dataclass(frozen=True, slots=True)
class Record:
    """Something a writer made.

    Attributes:
        pts: When it is shown, in ticks of the clip.
        dts: When it is decoded.
        duration: How long it is shown.
        key: Whether a decoder can start here.
        data: Its bytes.
        beside: Of what goes beside it, such as coded alpha; empty for none.
    """

    pts: int
    dts: int
    duration: int
    key: bool
    data: Any
    beside: bytes = b""

    @classmethod
    def of(cls, packet: Packet[VideoStream], duration: int) -> Record:
        """A packet, on the clip's clock."""
        assert packet.pts is not None
        dts = packet.pts if packet.dts is None else packet.dts
        beside = bytes(packet.get_sidedata(_BESIDE))[_NUMBER:] if packet.has_sidedata(_BESIDE) else b""
        return cls(packet.pts, dts, duration, packet.is_keyframe, packet, beside)

    def packet(self) -> Packet[VideoStream]:
        """The packet again, the same whether it was just made or read from a log."""
        packet = av.Packet(bytes(self.data))
        packet.pts, packet.dts, packet.is_keyframe = self.pts, self.dts, self.key
        if self.beside:
            packet.set_sidedata(_side_data(self.beside))
        return packet  # type: ignore[return-value]


class Log:
    """A file of records.

    Args:
        path: The file.
        length: How many of its bytes count; the rest is cut off.

    Raises:
        DamagedError: It is shorter than that.
    """

    def __init__(self, path: Path, length: int = 0) -> None:
        self.path = path
        self._file = path.open("r+b" if path.exists() else "x+b")
        if os.fstat(self._file.fileno()).st_size < length:
            self._file.close()
            raise DamagedError(f"{path} is shorter than it was")
        self._file.truncate(length)
        self._file.seek(length)

    def append(self, record: Record) -> None:
        """Adds a record."""
        crc = zlib.crc32(record.beside, zlib.crc32(record.data))
        size = memoryview(record.data).nbytes
        head = (record.pts, record.dts, record.duration, record.key, size, len(record.beside), crc)
        self._file.write(_HEAD.pack(*head))
        self._file.write(record.data)
        self._file.write(record.beside)

    def sync(self) -> int:
        """Waits until everything is on the disk; the length of the file."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def records(self) -> Iterator[Record]:
        """Everything that is in it, from the start; leaves it ready to be appended to.

        Raises:
            DamagedError: The bytes are not those written.
        """
        self._file.flush()
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(0)
        while self._file.tell() < end:
            head = self._file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                raise DamagedError(f"{self.path} ends in the middle")
            pts, dts, duration, key, size, extra, crc = _HEAD.unpack(head)
            data, beside = self._file.read(size), self._file.read(extra)
            if zlib.crc32(beside, zlib.crc32(data)) != crc:
                raise DamagedError(f"{self.path}: the bytes at {pts} are not those written")
            yield Record(pts, dts, duration, bool(key), data, beside)

    def close(self) -> None:
        """Closes the file; what was not synced may be lost."""
        # A disk that is full refuses the rest, and whoever closes knows that, or need not.
        with suppress(OSError):
            self._file.close()


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where a writer keeps what it made, and what it kept in a run that ended early.

    Attributes:
        path: Of its log.
        state: What `settle` gave; None in a run that starts.
        length: Bytes of the log that count.
    """

    path: Path
    state: Any = None
    length: int = 0

    def opened(self) -> Log:
        """The log, with nothing in it but what counts.

        Raises:
            DamagedError: Part of it is gone.
            OutputError: It cannot be opened.
        """
        try:
            return Log(self.path, self.length)
        except OSError as error:
            raise OutputError(f"cannot open {self.path}: {error.strerror or error}; choose another --out") from error


def _side_data(data: bytes) -> PacketSideData:
    """What goes beside a packet; PyAV reads such data from files only, so this makes one (RFC 9559, Matroska)."""
    video = _element("E0", _element("B0", b"\x10") + _element("BA", b"\x10") + _element("53C0", b"\1"))
    track = _element("D7", b"\1") + _element("73C5", b"\1") + _element("83", b"\1") + _element("86", b"V_VP9") + video
    addition = _element("75A1", _element("A6", _element("EE", b"\1") + _element("A5", data)))
    cluster = _element("E7", b"\0") + _element("A0", _element("A1", b"\x81\0\0\0\x82") + addition)
    segment = _element("1654AE6B", _element("AE", track)) + _element("1F43B675", cluster)
    whole = _element("1A45DFA3", _element("4282", b"matroska")) + _element("18538067", segment)
    with av.open(BytesIO(whole), "r") as file:
        return next(file.demux(video=0)).get_sidedata(_BESIDE)


def _element(number: str, data: bytes) -> bytes:
    """An EBML element (RFC 8794), its length in eight bytes."""
    return bytes.fromhex(number) + (len(data) | 1 << 56).to_bytes(8, "big") + data
