"""`webm`: VP9 with alpha in WebM, for the web: straight, as browsers read it.

FFmpeg's encoder gives colour and alpha one quality, at which solid areas come out at 249 of 255 and empty ones at 5:
haze. Here each has an encoder of its own, and the alpha is coded without loss: at 480x270 that takes 7.5 kB a frame
where a visibly hazy one (crf 24) takes 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
from av import VideoFrame
from av.packet import PacketSideData
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.holding import WEBM
from vmatte.io.writers.planes import fingerprint, plane, put_alpha, put_yuv420
from vmatte.io.writers.recipe import STARTS, Recipe, check_choice
from vmatte.io.writers.tags import yuv_tags

if TYPE_CHECKING:
    from av import Packet, VideoStream

_CODEC, _COLOUR, _BOTH = "libvpx-vp9", "yuv420p", "yuva420p"
# WebM stores milliseconds (its TimestampScale is fixed by FFmpeg's writer).
_TICK = Fraction(1, 1000)
_MOST_CRF = 63  # of libvpx
# Frames from key frame to key frame, the same for both encoders: where a player may enter, both must be complete.
# libvpx's own default.
_KEYS = "128"
# Alpha within this of the ends goes there before it is coded with loss.
_SNAP = 1
# What the alpha's encoder is shown as colour; it costs nothing.
_GREY = (16, 128, 128)
_SHARED: Mapping[str, str] = {
    "g": _KEYS,
    "keyint_min": _KEYS,
    # Hidden frames confuse older players when there is alpha.
    "auto-alt-ref": "0",
    "deadline": "good",
}


@dataclass(frozen=True, slots=True)
class WebmOptions:
    """Options of `webm`.

    Attributes:
        crf: Quality of the colours, 0 to 63, less is better.
        alpha_crf: The same of the alpha; 0 is without loss.
        speed: 0 (slow, small) to 8.
        audio: Whether all sound of the source goes along, as Opus where it is not Opus or Vorbis already.
        start: `source` keeps the source's timestamps, `zero` starts at zero.
        workers: Threads of the encoder; 0 for one per free processor.
    """

    crf: int = 24
    alpha_crf: int = 0
    speed: int = 3
    audio: bool = True
    start: str = "source"
    workers: int = 0

    def __post_init__(self) -> None:
        check_choice("start", self.start, STARTS)
        for key, value in (("crf", self.crf), ("alpha_crf", self.alpha_crf)):
            if not 0 <= value <= _MOST_CRF:
                raise ConfigError(f"{key} must be 0 to {_MOST_CRF}, not {value}")
        if not 0 <= self.speed <= 8:
            raise ConfigError(f"speed must be 0 to 8, not {self.speed}")


def webm(clip: Clip, options: WebmOptions) -> Recipe:
    """The recipe for a clip. Times are rounded to the millisecond: WebM has no finer ticks."""
    tags = yuv_tags(clip.colour)
    speed = {"cpu-used": str(options.speed), "row-mt": "1"}

    def draw(picture: Picture) -> tuple[VideoFrame, float]:
        if picture.colour is None:
            raise OutputError("this output needs colour: give it a view with colour and alpha")
        frame = VideoFrame(clip.width, clip.height, _BOTH)
        put_yuv420(frame, picture.colour, tags.matrix, 8)
        alpha = plane(frame, 3, np.uint8)
        put_alpha(alpha, picture.alpha, 255)
        if options.alpha_crf:
            alpha[alpha <= _SNAP] = 0
            alpha[alpha >= 255 - _SNAP] = 255
        return frame, mark(alpha)

    def mark(alpha: NDArray[np.uint8]) -> float:
        return float(alpha.mean()) if options.alpha_crf else fingerprint(alpha)

    notes = ["colours were rounded to 8 bits, the most that VP9 with alpha holds"] if clip.depth > 8 else []
    if options.alpha_crf:
        notes.append("alpha was coded with loss: solid areas may be a few codes below opaque, empty ones above clear")
    if clip.sample_aspect != 1:
        notes.append(f"the pixels' shape ({clip.sample_aspect}) is not stored: set it where the file is used")
    return Recipe(
        container="webm",
        codec=_CODEC,
        pixel_format=_COLOUR,
        settings={**_SHARED, **speed, "crf": str(options.crf), "b": "0"},
        width=clip.width,
        height=clip.height,
        tags=tags,
        draw=draw,
        read=lambda frame: mark(plane(frame, 3, np.uint8)) if frame.format.name == _BOTH else -1,
        marks="mean alpha" if options.alpha_crf else "alpha",
        # As for mattes in H.264: two codes tell one frame from another.
        tolerance=2 if options.alpha_crf else 0,
        intra=False,
        tick=_TICK,
        sound=WEBM if options.audio else None,
        labels={"alpha_mode": "1"},
        # FFmpeg's own decoder leaves the alpha out.
        decoder=_CODEC,
        paired=lambda colour: _Paired(colour, _alpha_settings(options)),
        warnings=tuple(notes),
    )


def _alpha_settings(options: WebmOptions) -> dict[str, str]:
    quality = {"crf": str(options.alpha_crf), "b": "0"} if options.alpha_crf else {"lossless": "1"}
    # Nothing is held back, so that each packet is there before that of the colours.
    return {**_SHARED, **quality, "lag-in-frames": "0", "cpu-used": str(options.speed)}


class _Paired:
    """One encoder for the colours, one for the alpha; the packets of the second ride on those of the first."""

    def __init__(self, colour: VideoCodecContext, settings: dict[str, str]) -> None:
        self._colour = colour
        alpha = av.CodecContext.create(_CODEC, "w")
        assert isinstance(alpha, VideoCodecContext)
        alpha.width, alpha.height, alpha.pix_fmt = colour.width, colour.height, _BOTH
        alpha.time_base, alpha.framerate = colour.time_base, colour.framerate
        alpha.thread_count = colour.thread_count
        alpha.options = settings
        self._alpha = alpha
        self._waiting: dict[int, PacketSideData] = {}

    def encode(self, frame: VideoFrame | None) -> list[Packet[VideoStream]]:
        """Packets of colour with their alpha."""
        colour = None
        if frame is not None:
            colour = VideoFrame(frame.width, frame.height, _COLOUR)
            colour.pts, colour.time_base = frame.pts, frame.time_base
            for name in ("color_primaries", "color_trc", "colorspace", "color_range"):
                setattr(colour, name, getattr(frame, name))
            for index, grey in enumerate(_GREY):
                shown = plane(frame, index, np.uint8)
                plane(colour, index, np.uint8)[:] = shown
                shown[:] = grey
        for packet in self._alpha.encode(frame):
            assert packet.pts is not None
            self._waiting[packet.pts] = packet.get_sidedata("matroska_block_additional")
        packets = self._colour.encode(colour)
        for packet in packets:
            assert packet.pts is not None
            packet.set_sidedata(self._waiting.pop(packet.pts))
        return packets
