"""From woven fields to whole frames, through FFmpeg's bwdif."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction

import av
from av.filter import Graph

from vmatte.core.types import Stream
from vmatte.io.coded import Coded
from vmatte.io.probe import Weave

_COUNT = Fraction(1)  # the filter is given frame numbers in place of times


def deinterlaced(coded: Iterator[Coded], weave: Weave, per_field: bool) -> Stream[Coded]:
    """One progressive frame for each woven one, at the same pts; or two, in a time base twice as fine.

    The second field of a frame is shown midway to the next frame. The filter is given frame numbers in place of times,
    so its own arithmetic on times does not matter.
    """
    graph: Graph | None = None
    recent: deque[Coded] = deque(maxlen=3)  # the filter answers one frame late
    for item in coded:
        graph = graph or _graph(item.frame, weave, per_field)
        recent.append(item)
        item.frame.pts, item.frame.time_base = item.index, _COUNT
        graph.vpush(item.frame)
        for frame in _pulled(graph):
            yield _timed(frame, recent, per_field)
    if graph is not None:
        graph.vpush(None)
        for frame in _pulled(graph):
            yield _timed(frame, recent, per_field)


def _graph(frame: av.VideoFrame, weave: Weave, per_field: bool) -> Graph:
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_COUNT)
    parity = "auto" if weave.flagged else ("bff" if weave.bottom_first else "tff")
    # Leaving progressive frames alone would give them one picture where their neighbours have two.
    deint = "interlaced" if weave.flagged and not per_field else "all"
    bwdif = graph.add("bwdif", f"mode={'send_field' if per_field else 'send_frame'}:parity={parity}:deint={deint}")
    sink = graph.add("buffersink")
    source.link_to(bwdif)
    bwdif.link_to(sink)
    graph.configure()
    return graph


def _pulled(graph: Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def _timed(frame: av.VideoFrame, recent: deque[Coded], per_field: bool) -> Coded:
    assert frame.pts is not None
    number, second = divmod(frame.pts, 2)  # bwdif counts in half units of what went in
    place = next(place for place, item in enumerate(recent) if item.index == number)
    item = recent[place]
    if not per_field:
        return Coded(item.index, item.pts, item.duration, frame)
    after = recent[place + 1].pts if place + 1 < len(recent) else item.pts + _length(recent, place)
    half = after - item.pts  # in the finer time base
    return Coded(2 * number + second, 2 * item.pts + second * half, half, frame)


def _length(recent: deque[Coded], place: int) -> int:
    """How long the last frame of a clip lasts."""
    if recent[place].duration:
        return recent[place].duration
    return recent[place].pts - recent[place - 1].pts if place else 1
