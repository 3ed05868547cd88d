"""Whether the disk holds the results of a run, found out before it starts."""

from __future__ import annotations

from vmatte.core.errors import OutputError
from vmatte.run.batch.outlook import free_bytes
from vmatte.run.build import Prepared
from vmatte.run.estimate import in_words, sizes
from vmatte.run.plan import Plan

# More than any output takes for a pixel: 16-bit colours and alpha as they are.
_MOST = 8
_FRAMES = 6


def refuse_full(prepared: Prepared, plan: Plan) -> None:
    """Stops before a run that the disk cannot hold. Frames are written to find out only where there is any doubt.

    Raises:
        OutputError: It cannot.
    """
    clip, total = prepared.source.clip, prepared.total
    folder = prepared.report.parent
    free = free_bytes(folder)
    if total is None or free is None or free > _MOST * clip.width * clip.height * total * len(prepared.outputs):
        return
    start = prepared.first + max(0, total - _FRAMES) // 2
    stop = start + _FRAMES if prepared.stop is None else min(prepared.stop, start + _FRAMES)
    layers = max(1, len(prepared.hints.objects))
    found = sizes(prepared.source, (start, stop), prepared.outputs, layers, plan)
    wanted = sum(size.of(total) for size in found)
    if wanted > free:
        raise OutputError(
            f"{folder}: the results need about {in_words(wanted)} and {in_words(free)} are free: free some, choose "
            "another --out, or say --ignore-space"
        )
