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
_DEFAULT_SCALE = 1000


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
        self._file: OutputContainer | None = None
        try:
            if source is not None:
                assert recipe.sound is not None
                begin = first * self._tick if cut.start else None
                self._sound = Sound(source, recipe.sound, shift * self._tick, begin)
            scales = self._sound.scales if self._sound else []
            self._file = av.open(
                str(work), "w", format=recipe.container, container_options=_container_options(recipe, clip, scales)
            )
            self.stream = cast("VideoStream", self._file.add_stream(recipe.codec, rate=clip.rate))
            recipe.configure(self.stream.codec_context, clip, threads)
            self.stream.time_base = clip.time_base
            self.stream.metadata.update(recipe.labels)
            if self._sound is not None:
                self._sound.attach(self._file)
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
        assert self._file is not None
        self._file.mux(packet)

    def finish(self, end: int) -> None:
        """Stores the sound that is left, up to `end` if the run was cut there, and closes the file."""
        if self._sound is not None:
            last = end * self._tick if self._cut.end else None
            self._sound.until(last)
            self._sound.finish(last)
            self._sound.close()
        assert self._file is not None
        self._file.close()

    def close_quietly(self) -> None:
        """Closes whatever is open; the file is not wanted any more."""
        for part in (self._sound, self._file):
            with suppress(FFmpegError, OSError, ValueError):
                if part is not None:
                    part.close()


def _container_options(recipe: Recipe, clip: Clip, sound: list[int]) -> dict[str, str]:
    options = {
        # We interleave ourselves; waiting for a stream that has ended would keep ten seconds of pictures in memory.
        "max_interleave_delta": "1",
        # Without it a Matroska file carries a random number, and no two runs give the same bytes.
        "fflags": "+bitexact",
    }
    if recipe.container == "webm":
        # Opus begins a few milliseconds early, which the file says in its own way: nothing need be moved for it.
        options["avoid_negative_ts"] = "disabled"
    if recipe.container in ("mov", "mp4"):
        options["movie_timescale"] = str(_movie_scale(clip.time_base.denominator, sound))
    return options


def _movie_scale(pictures: int, sound: list[int]) -> int:
    """Units per second in which QuickTime stores start offsets, so that they are as exact as the timestamps.

    FFmpeg's default of 1000 would round them to a millisecond; less than that is never used, since durations are
    stored in the same unit.
    """
    scale = pictures
    for needed in sound:
        wider = math.lcm(scale, needed)
        if wider <= _LARGEST_SCALE:
            scale = wider
    return scale * max(1, math.ceil(_DEFAULT_SCALE / scale))
