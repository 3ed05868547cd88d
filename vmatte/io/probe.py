"""What there is to know about a video file: its header, completed by what the first frames say."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideData
from av.video.stream import VideoStream

from vmatte.core.errors import InputError
from vmatte.core.types import Clip
from vmatte.io import tags
from vmatte.io.decode import Decoding, cut_short, has_alpha_layer, opened
from vmatte.io.grading import grading_of
from vmatte.io.options import InputOptions
from vmatte.io.orientation import Turn, from_display_matrix
from vmatte.io.samples import has_alpha

# Enough to find the interlaced flag behind a few progressive frames, little enough to be quick.
_LOOKED_AT = 8
# Entries of the index, from its end, among which the one farthest back in the file is: streams interleave.
_LAST = 64
_TOP_FIRST, _BOTTOM_FIRST = (2, 5), (3, 4)  # FFmpeg's field orders by the field shown first: TT, BT and BB, TB


@dataclass(frozen=True, slots=True)
class Weave:
    """How a clip's fields are woven.

    Attributes:
        flagged: Whether the frames say themselves which of them are interlaced; the others are then left alone.
        bottom_first: Which field comes first when the frames do not say.
    """

    flagged: bool = True
    bottom_first: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """A clip and what its reader must know besides.

    Attributes:
        clip: The public facts, as the file has them.
        turn: From coded to displayed.
        weave: How fields are woven; None for a progressive clip.
        first_pts: Time of the first frame that decodes.
        size: Coded width and height.
        disordered: Whether frames come with times that do not ascend, or with none, as from AVI with B-frames.
    """

    clip: Clip
    turn: Turn
    weave: Weave | None
    first_pts: int | None
    size: tuple[int, int]
    disordered: bool


def probe(path: Path | str, options: InputOptions | None = None) -> Clip:
    """The facts of a video file.

    Raises:
        InputError: Missing, empty, unreadable, without video, or not one frame of it decodes.
    """
    return examine(Path(path), options or InputOptions()).clip


def examine(path: Path, options: InputOptions) -> Facts:
    """The facts of a video file, by decoding its first frames."""
    with opened(path) as (container, stream):
        decoding = Decoding(path, container, stream, 1)
        frames = list(islice(decoding.frames(), _LOOKED_AT))
        if not frames:
            raise InputError(f"{path}: not one frame of it can be decoded; it is empty or damaged")
        if options.truncated == "refuse":
            _refuse_cut(path, stream)
        return _facts(path, container, stream, frames, options)


def _refuse_cut(path: Path, stream: VideoStream) -> None:
    """Raises InputError when the index of a file, if it has one, points past its end: known before the work starts."""
    entries, size = stream.index_entries, path.stat().st_size
    ends = [entries[place].pos + entries[place].size for place in range(max(0, len(entries) - _LAST), len(entries))]
    if any(end > size for end in ends):
        whole = sum(entry.pos + entry.size <= size for entry in entries)
        raise cut_short(path, f"{whole} of {len(entries)} frames are there")


def _facts(
    path: Path, container: InputContainer, stream: VideoStream, frames: list[av.VideoFrame], options: InputOptions
) -> Facts:
    first = frames[0]
    turn, notes = _turn(first)
    try:
        colour, colour_notes = tags.resolve(_tags(stream, first), options)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    weave = _weave(stream, frames)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    width, height = (first.height, first.width) if turn.sideways else (first.width, first.height)
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate or Fraction(25)
    assert stream.time_base is not None
    clip = Clip(
        path=path,
        width=width,
        height=height,
        rate=Fraction(rate),
        time_base=stream.time_base,
        frames=stream.frames or None,
        depth=depth_of(first.format),
        colour=colour,
        sample_aspect=1 / aspect if turn.sideways else aspect,
        rotation=90 * turn.quarters,
        duration=_duration(container, stream),
        has_alpha=has_alpha_layer(stream) or has_alpha(first),
        audio_streams=len(container.streams.audio),
        interlaced=weave is not None,
        codec=stream.codec_context.codec.name,
        pixel_format=first.format.name,
        notes=(*notes, *colour_notes),
        grading=grading_of(first),
    )
    return Facts(clip, turn, weave, first.pts, (first.width, first.height), _disordered(frames))


def _disordered(frames: list[av.VideoFrame]) -> bool:
    times = [frame.pts for frame in frames]
    return any(after is None or before is None or after <= before for before, after in pairwise(times)) or None in times


def _turn(frame: av.VideoFrame) -> tuple[Turn, tuple[str, ...]]:
    try:
        data = frame.side_data.get(SideData.DISPLAYMATRIX)  # type: ignore[call-overload]
    except ValueError:  # PyAV refuses to list side data of a kind it has no name for, such as EXIF
        return Turn(round(frame.rotation / 90) % 4), ()
    if data is None:
        return Turn(), ()
    turn, off = from_display_matrix(bytes(data))
    note = f"the file asks for a rotation that is {off:.0f} degrees off a right angle; the nearest is used"
    return turn, (note,) if off > 0.5 else ()


def _tags(stream: VideoStream, frame: av.VideoFrame) -> tags.Tags:
    context = stream.codec_context

    def stated(name: str) -> int:
        """The frame's own value, else the stream's."""
        value = int(getattr(frame, name))
        unstated = (0,) if name == "color_range" else (0, 2)
        return int(getattr(context, name) or 0) if value in unstated and not _is_rgb(frame.format) else value

    return tags.Tags(
        primaries=stated("color_primaries"),
        transfer=stated("color_trc"),
        matrix=stated("colorspace"),
        range=stated("color_range"),
        width=frame.width,
        height=frame.height,
        pixel_format=frame.format.name,
        rgb=_is_rgb(frame.format),
    )


def _is_rgb(pixel_format: av.VideoFormat) -> bool:
    return pixel_format.is_rgb or pixel_format.has_palette


def _weave(stream: VideoStream, frames: list[av.VideoFrame]) -> Weave | None:
    order = int(stream.codec_context.field_order or 0)
    flagged = any(frame.interlaced_frame for frame in frames)
    if not flagged and order not in (*_TOP_FIRST, *_BOTTOM_FIRST):
        return None
    return Weave(flagged, order in _BOTTOM_FIRST)


def depth_of(pixel_format: av.VideoFormat) -> int:
    """Bits per component, at least 8."""
    if pixel_format.has_palette or pixel_format.is_bit_stream:
        return 8
    return max(8, *(part.bits for part in pixel_format.components))


def _duration(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration is not None and stream.time_base is not None:
        return Fraction(stream.duration * stream.time_base)
    return Fraction(container.duration, av.time_base) if container.duration is not None else None
