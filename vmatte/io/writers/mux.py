"""A container being written: the picture stream, the sound, and one clock for both."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
from av.container import OutputContainer
from av.error import FFmpegError

from vmatte.core.types import Clip
from vmatte.io.writers.audio import Sound
from vmatte.io.writers.recipe import Recipe

if TYPE_CHECKING:
    from av import Packet, VideoStream
    from av.video.codeccontext import VideoCodecContext

# Time scales of a QuickTime movie are signed 32-bit numbers in FFmpeg.
_LARGEST_SCALE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Cut:
    """Whether the run was trimmed at its start or end, and the sound must be too."""

    start: bool = False
    end: bool = False


NO_CUT = Cut()


class Mux:
    """Writes encoded pictures in order, and what is heard with them just before.

    Args:
        work: The file to write.
        clip: Gives the clock.
        recipe: Gives the container and codec.
        source: Where the sound comes from; None for none.
        first: `pts` of the first picture.
        shift: Ticks of the clip added to every `pts`; the sound moves along.
        cut: Whether sound outside the pictures is left out.
        threads: Threads of the encoder that belongs to the stream.
    """

    def __init__(
        self,
        work: Path,
        clip: Clip,
        recipe: Recipe,
        *,
        source: Path | None,
        first: int,
        shift: int,
        cut: Cut,
        threads: int,
    ) -> None:
        self._tick = clip.time_base
        self._shift = shift
        self._cut = cut
        self._sound: Sound | None = None
        options = {"movie_timescale": str(_movie_scale(clip))} if recipe.container in ("mov", "mp4") else {}
        # We interleave ourselves; waiting for a stream that has ended would keep ten seconds of pictures in memory.
        options["max_interleave_delta"] = "1"
        # Without it a Matroska file carries a random number, and no two runs give the same bytes.
        options["fflags"] = "bitexact"
        self._file: OutputContainer = av.open(str(work), "w", format=recipe.container, container_options=options)
        try:
            self.stream = cast("VideoStream", self._file.add_stream(recipe.codec, rate=clip.rate))
            recipe.configure(self.stream.codec_context, clip, threads)
            self.stream.time_base = clip.time_base
            self.stream.sample_aspect_ratio = clip.sample_aspect
            if source is not None:
                start = first * self._tick if cut.start else None
                self._sound = Sound(source, self._file, shift * self._tick, start)
            self._file.start_encoding()
        except BaseException:
            self.close_quietly()
            raise

    @property
    def encoder(self) -> VideoCodecContext:
        """The open encoder whose headers the file carries."""
        return self.stream.codec_context

    @property
    def warnings(self) -> list[str]:
        """What could not be copied as it is."""
        return self._sound.warnings if self._sound else []

    def add(self, packet: Packet[VideoStream], duration: int) -> None:
        """Stores a packet of the picture stream and everything that is heard before it."""
        assert packet.pts is not None
        if self._sound is not None:
            self._sound.until(packet.pts * self._tick)
        packet.pts += self._shift
        packet.dts = packet.pts if packet.dts is None else packet.dts + self._shift
        packet.duration = duration
        packet.time_base = self._tick
        packet.stream = self.stream
        self._file.mux(packet)

    def finish(self, end: int) -> None:
        """Stores the sound that is left, up to `end` if the run was cut there, and closes the file."""
        if self._sound is not None:
            self._sound.until(end * self._tick if self._cut.end else None)
            self._sound.finish()
            self._sound.close()
        self._file.close()

    def close_quietly(self) -> None:
        """Closes whatever is open; the file is not wanted any more."""
        for part in (self._sound, self._file):
            with suppress(FFmpegError, OSError, ValueError):
                if part is not None:
                    part.close()


def _movie_scale(clip: Clip) -> int:
    """Units per second in which QuickTime stores start offsets, so that they are as exact as the timestamps.

    The default of 1000 would round a start offset to a millisecond. A scale that also divides common sampling
    rates keeps the offset of the sound.
    """
    scale = clip.time_base.denominator
    for rate in (48000, 44100):
        wider = math.lcm(scale, rate)
        if wider <= _LARGEST_SCALE:
            scale = wider
    return scale
