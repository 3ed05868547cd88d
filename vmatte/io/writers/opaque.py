"""`over` and `compare`: finished pictures for players: H.264, or H.265 at 10 bits for deeper and HDR clips, in MP4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from av import VideoFrame

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers.holding import MP4
from vmatte.io.writers.planes import plane, put_yuv420
from vmatte.io.writers.recipe import STARTS, Recipe, check_choice
from vmatte.io.writers.tags import yuv_tags

_CODECS = ("auto", "h264", "h265")
# Up to here a frame's mean stays within the check's tolerance.
_MOST_CRF = 35


@dataclass(frozen=True, slots=True)
class PlayOptions:
    """Options of `over` and `compare`.

    Attributes:
        codec: `h264` (8 bits), `h265` (10 bits), or `auto`: H.265 for clips of more than 8 bits, H.264 for others.
        crf: Quality, 0 to 35, less is better.
        audio: Whether all sound of the source goes along.
        start: `source` keeps the source's timestamps, `zero` starts at zero.
        workers: Threads of the encoder; 0 for one per free processor.
    """

    codec: str = "auto"
    crf: int = 18
    audio: bool = True
    start: str = "source"
    workers: int = 0

    def __post_init__(self) -> None:
        check_choice("codec", self.codec, _CODECS)
        check_choice("start", self.start, STARTS)
        if not 0 <= self.crf <= _MOST_CRF:
            raise ConfigError(f"crf must be 0 to {_MOST_CRF}, not {self.crf}")


def play(clip: Clip, options: PlayOptions) -> Recipe:
    """The recipe for a clip. 4:2:0 has even sizes only: odd ones grow by one repeated row or column."""
    width, height = clip.width + clip.width % 2, clip.height + clip.height % 2
    deep = options.codec == "h265" or (options.codec == "auto" and clip.depth > 8)
    depth, layout = (10, "yuv420p10le") if deep else (8, "yuv420p")
    tags = yuv_tags(clip.colour)
    kind = np.uint16 if deep else np.uint8

    def draw(picture: Picture) -> tuple[VideoFrame, float]:
        if picture.colour is None:
            raise OutputError("this output needs colour: give it a view with colour")
        frame = VideoFrame(width, height, layout)
        put_yuv420(frame, picture.colour, tags.matrix, depth)
        return frame, float(plane(frame, 0, kind).mean())

    notes = []
    if (width, height) != (clip.width, clip.height):
        notes.append(f"{clip.width}x{clip.height} was padded to {width}x{height}: 4:2:0 video has even sizes only")
    if clip.colour.hdr and not deep:
        notes.append("HDR at 8 bits shows steps: use H.265")
    settings = {"crf": str(options.crf), "preset": "medium"}
    if deep:
        # Without B-frames: x265's decoding times of clips of two or three frames are not initialised (seen in 1 of 6).
        settings["x265-params"] = ":".join(["log-level=none", "bframes=0", *_stated(clip)])
    return Recipe(
        container="mp4",
        codec="libx265" if deep else "libx264",
        pixel_format=layout,
        settings=settings,
        width=width,
        height=height,
        tags=tags,
        draw=draw,
        read=lambda frame: float(plane(frame, 0, kind).mean()) if frame.format.name == layout else -1,
        marks="mean luma",
        # As for mattes in H.264: two of 219 codes tell one frame from another, and full from video levels.
        tolerance=2 << (depth - 8),
        intra=False,
        sound=MP4 if options.audio else None,
        # The name that Apple's players know.
        codec_tag="hvc1" if deep else "",
        warnings=tuple(notes),
    )


def _stated(clip: Clip) -> Iterator[str]:
    """Mastering display and content light levels in x265's words, which become messages in the stream."""
    if clip.grading is None:
        return
    if clip.grading.display is not None:
        numbers = clip.grading.display
        red, green, blue, white, luminance = (f"({x},{y})" for x, y in zip(numbers[::2], numbers[1::2], strict=True))
        yield f"master-display=G{green}B{blue}R{red}WP{white}L{luminance}"
    if clip.grading.light is not None:
        yield "max-cll={},{}".format(*clip.grading.light)
