"""Several objects in one pass: one memory each, the frames shared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace

from vmatte.core.types import Clip, Frame, Hints, Matte, Matter, Stream
from vmatte.io.spool import Tee


class Objects:
    """A Matter that runs another once for each object the hints name, and gives a layer for each.

    Each run sees the other objects as background; nothing makes the layers exclude each other or add up to one. So the
    published inference of MatAnyone treats several targets, one run each. What two masks share is up to each run.

    The runs go side by side, so a model that remembers what it computed from the last picture alone does so once for
    all objects. One that has to wait, because its first mask comes late, reads its frames again from disk.
    """

    def __init__(self, matter: Matter) -> None:
        self._matter = matter

    def mattes(self, clip: Clip, hints: Hints, frames: Iterator[Frame]) -> Stream[Matte]:
        """One matte a frame, with one layer an object in the order of `Hints.objects`."""
        if not hints.objects:
            yield from self._matter.mattes(clip, hints, frames)
            return
        with ExitStack() as stack:
            tee = stack.enter_context(Tee(frames, len(hints.objects)))
            runs = [
                stack.enter_context(closing(self._matter.mattes(clip, hints.of(name), tee.reader(number))))
                for number, name in enumerate(hints.objects)
            ]
            for mattes in zip(*runs, strict=True):
                named = zip(hints.objects, mattes, strict=True)
                yield Matte(mattes[0].frame, tuple(replace(matte.layers[0], name=name) for name, matte in named))
