"""The source's sound into a written file: packet for packet where the container takes the codec, else encoded again.

Packets are pulled from a second open of the source as the pictures go by, so memory does not grow with the clip.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
from av import AudioFrame, AudioResampler
from av.error import InvalidDataError
from av.stream import Discard

from vmatte.core.types import Stream
from vmatte.io.writers.holding import Holding
from vmatte.io.writers.language import quicktime

if TYPE_CHECKING:
    from av import AudioStream, Packet
    from av.container import OutputContainer

# A hole in the sound shorter than this is rounding of the source's timestamps; the value is that of FFmpeg's own
# `aresample=async` (`min_hard_comp`).
_HOLE = Fraction(1, 10)


# Encoders want surround at the back; broadcasts have it at the side.
_WIDE = {"5.1(side)": "5.1", "5.0(side)": "5.0", "quad(side)": "quad"}


class Sound:
    """All audio streams of `source`, on their way into a file.

    Args:
        source: The clip's file, opened a second time.
        holding: What the file being written does with sound.
        shift: Seconds added to every time.
        start: What is heard before this time of the source is left out, to the packet where packets are copied and to
            the sample where they are not; None keeps all.

    Attributes:
        warnings: What could not be copied as it is, in plain words.
        scales: Units per second that start offsets of the streams need; none for streams that start at zero.
    """

    def __init__(self, source: Path, holding: Holding, shift: Fraction, start: Fraction | None) -> None:
        self.warnings: list[str] = []
        self._holding = holding
        self._shift, self._start = shift, start
        self._input = av.open(str(source.absolute()))
        self._streams = self._input.streams.audio
        for stream in self._input.streams:
            if stream.type != "audio":
                stream.discard = Discard.all  # not even read, where the container allows it
        moved = shift or start is not None
        self.scales = [_tick(stream).denominator for stream in self._streams if moved or stream.start_time]
        self._tracks: dict[int, _Copied | _Decoded] = {}
        self._packets = self._read()
        self._next = next(self._packets, None)

    def attach(self, target: OutputContainer) -> None:
        """Adds the streams to a container whose header is not written yet."""
        for stream in self._streams:
            track = _track(stream, target, self._holding, self._shift, self._start)
            codec = stream.codec_context.name if stream.codec_context else "of an unknown codec"
            if track is None:
                self.warnings.append(
                    f"audio stream {stream.index} is {codec} and was left out: {self._holding.name} cannot hold it"
                )
                continue
            self._tracks[stream.index] = track
            if isinstance(track, _Decoded):
                self.warnings.append(
                    f"audio stream {stream.index} is {codec}, which {self._holding.name} players do not read:"
                    f" it was {self._holding.becomes}"
                )

    def until(self, time: Fraction | None) -> None:
        """Stores what begins before `time` of the source, or everything that is left."""
        while self._next is not None and (time is None or _begin(self._next) < time):
            track = self._tracks.get(self._next.stream_index)
            if track is not None:
                track.store(self._next)
            self._next = next(self._packets, None)
        for track in self._tracks.values():
            track.advance(time)

    def finish(self, end: Fraction | None) -> None:
        """Stores what the decoders still hold, up to `end`."""
        for track in self._tracks.values():
            track.finish(end)
            if track.skipped:
                self.warnings.append(f"{track.skipped} damaged or misplaced audio packets of the source were left out")

    def close(self) -> None:
        """Closes the source."""
        self._packets.close()
        self._input.close()

    def _read(self) -> Stream[Packet[AudioStream]]:
        for packet in self._input.demux(*self._streams):
            if packet.dts is None or packet.pts is None:
                continue  # the flush at the end, or a damaged packet
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            if self._start is None or end > self._start:
                yield cast("Packet[AudioStream]", packet)


def _track(
    stream: AudioStream, target: OutputContainer, holding: Holding, shift: Fraction, start: Fraction | None
) -> _Copied | _Decoded | None:
    # PyAV gives a stream that FFmpeg has no decoder for no context, whatever its annotations say.
    context: object = stream.codec_context
    if context is None:
        return None
    if stream.codec_context.name.startswith(holding.codecs):
        with suppress(ValueError):
            return _Copied(stream, target, shift)
    with suppress(ValueError):
        return _Decoded(stream, target, holding, shift, start)
    return None


class _Copied:
    """A stream whose packets are stored as they are."""

    def __init__(self, stream: AudioStream, target: OutputContainer, shift: Fraction) -> None:
        self.skipped = 0
        self._target = target
        self._stream = target.add_stream_from_template(stream)
        self._stream.metadata.update(_labels(stream, target))
        self._shift = round(shift / _tick(stream))
        self._last: int | None = None

    def store(self, packet: Packet[AudioStream]) -> None:
        assert packet.dts is not None
        assert packet.pts is not None
        if self._last is not None and packet.dts <= self._last:
            self.skipped += 1  # QuickTime's tables hold positive durations only
            return
        self._last = packet.dts
        packet.dts += self._shift
        packet.pts += self._shift
        packet.stream = self._stream
        self._target.mux(packet)

    def advance(self, time: Fraction | None) -> None:
        """Nothing is held back."""

    def finish(self, end: Fraction | None) -> None:
        """Nothing is held back."""


class _Decoded:
    """A stream that is decoded and encoded again, its holes filled with silence, for PCM has no timestamps."""

    def __init__(
        self, stream: AudioStream, target: OutputContainer, holding: Holding, shift: Fraction, start: Fraction | None
    ) -> None:
        self.skipped = 0
        self._held: deque[AudioFrame] = deque()
        self._source = stream
        self._target = target
        self._shift = shift
        self._samples = holding.samples
        self._rate = holding.rate or stream.codec_context.sample_rate
        self._layout = _WIDE.get(stream.codec_context.layout.name, stream.codec_context.layout.name)
        self._stream = cast("AudioStream", target.add_stream(holding.encoder, rate=self._rate, layout=self._layout))
        if holding.bit_rate:
            self._stream.codec_context.bit_rate = holding.bit_rate * stream.codec_context.layout.nb_channels
        self._stream.metadata.update(_labels(stream, target))
        self._kind: tuple[str, str, int] | None = None
        self._resampler = self._resampler_of(None)
        self._at: int | None = None
        self._first = None if start is None else self._sample(start)

    def store(self, packet: Packet[AudioStream] | None) -> None:
        try:
            frames = self._source.codec_context.decode(packet)
        except InvalidDataError:
            self.skipped += 1
            return
        for frame in frames:
            self._place(frame)
            self._resampler = self._resampler_of(frame)
            for converted in self._resampler.resample(frame):
                self._put(converted)

    def advance(self, time: Fraction | None) -> None:
        """Encodes what ends by `time` of the source; what lasts longer may yet be cut there."""
        while self._held and (time is None or _end(self._held[0]) <= self._sample(time)):
            self._target.mux(self._stream.encode(self._held.popleft()))

    def finish(self, end: Fraction | None) -> None:
        self.store(None)
        self.advance(end)
        while self._held:
            assert end is not None
            frame = self._held.popleft()
            if (rest := self._sample(end) - (frame.pts or 0)) > 0:
                self._target.mux(self._stream.encode(_part(frame, 0, rest)))
        self._target.mux(self._stream.encode(None))

    def _sample(self, time: Fraction) -> int:
        """The number of the sample that is heard at `time` of the source."""
        return round((time + self._shift) * self._rate)

    def _resampler_of(self, frame: AudioFrame | None) -> AudioResampler:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate) if frame is not None else None
        if kind is None or kind != self._kind:  # broadcasts change their layout within a stream
            self._kind = kind
            return AudioResampler(format=self._samples, layout=self._layout, rate=self._rate)
        return self._resampler

    def _place(self, frame: AudioFrame) -> None:
        if frame.pts is None or frame.time_base is None:
            return
        begins = self._sample(frame.pts * frame.time_base)
        if self._at is None:
            self._at = begins
        if begins - self._at > _HOLE * self._rate:
            while self._at < begins:
                self._put(self._silence(min(self._rate, begins - self._at)))

    def _silence(self, samples: int) -> AudioFrame:
        frame = AudioFrame(self._samples, self._layout, samples)
        frame.sample_rate = self._rate
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        return frame

    def _put(self, frame: AudioFrame) -> None:
        begin = self._at or 0
        self._at = begin + frame.samples
        if self._first is not None and begin < self._first:
            if self._at <= self._first:
                return
            frame, begin = _part(frame, self._first - begin, frame.samples), self._first
        frame.pts, frame.time_base = begin, Fraction(1, self._rate)
        self._held.append(frame)


def _part(frame: AudioFrame, first: int, stop: int) -> AudioFrame:
    """Some samples of a frame, at their own time."""
    wide = 1 if frame.format.is_planar else frame.layout.nb_channels
    samples: Any = np.ascontiguousarray(frame.to_ndarray()[:, first * wide : stop * wide])
    part = AudioFrame.from_ndarray(samples, format=frame.format.name, layout=frame.layout.name)
    part.sample_rate, part.time_base = frame.sample_rate, Fraction(1, frame.sample_rate)
    part.pts = None if frame.pts is None else frame.pts + first
    return part


def _end(frame: AudioFrame) -> int:
    return (frame.pts or 0) + frame.samples


def _begin(packet: Packet[AudioStream]) -> Fraction:
    return (packet.pts or 0) * packet.time_base


def _tick(stream: AudioStream) -> Fraction:
    return stream.time_base or Fraction(1, 48000)


def _labels(stream: AudioStream, target: OutputContainer) -> dict[str, str]:
    found: dict[str, str] = {key: stream.metadata[key] for key in ("language", "title") if key in stream.metadata}
    if "language" in found and target.format.name == "mov":
        found["language"] = quicktime(found["language"])
    return found
