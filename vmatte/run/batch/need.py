"""What a job asks of the machine that it runs on: memory, and a GPU if there is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from vmatte.run.batch.machine import wants_gpu
from vmatte.run.batch.outlook import Outlook
from vmatte.run.batch.perform import reported
from vmatte.run.batch.task import Task
from vmatte.run.plan import Device
from vmatte.run.report import read_report

GIB = 2**30
# What a job may hold beyond what the report of another like it says: content differs, and so does the allocator's mood.
_MARGIN = 1.25


@dataclass(frozen=True, slots=True)
class Need:
    """What one worker has to have.

    Attributes:
        memory: Bytes.
        gpu: Whether a GPU is of use.
        only_gpu: Whether nothing else will do.
    """

    memory: int = GIB
    gpu: bool = False
    only_gpu: bool = False


class Needs:
    """The need of any task of a batch.

    Args:
        looks: What is known of the clips, by number of the task.
        known: Tasks whose reports, if there are any, say how much memory was held.
        memory: Bytes that every job is to have, whatever it is; 0 goes by the reports and by the size of the clip.
    """

    def __init__(self, looks: Mapping[int, Outlook], known: Iterable[Task] = (), memory: int = 0) -> None:
        self._looks, self._memory = looks, memory
        self._peaks = {} if memory else _peaks(known)
        self._shared: dict[Need, Need] = {}

    def __call__(self, task: Task) -> Need:
        """Of one task; those alike share one, so that a hundred thousand cost nothing."""
        plan = task.plan
        gpu = wants_gpu(plan)
        need = Need(self._bytes(task), gpu, gpu and plan.device is Device.cuda)
        return self._shared.setdefault(need, need)

    def _bytes(self, task: Task) -> int:
        if self._memory:
            return self._memory
        clip = self._looks.get(task.number, Outlook()).clip
        pixels = 0 if clip is None else clip.width * clip.height
        found = self._peaks.get(task.plan.model.name)
        if found is None:
            return rounded(_guess(pixels, wants_gpu(task.plan)))
        peak, at = found
        return rounded(round(_MARGIN * peak * max(1.0, pixels / at)))


def rounded(memory: int) -> int:
    """Up to the next power of two of GiB: a few sizes of workers serve all jobs.

    >>> [rounded(size) // GIB for size in (1, GIB, GIB + 1, 5 * GIB)]
    [1, 1, 2, 8]
    """
    size = GIB
    while size < memory:
        size *= 2
    return size


def _guess(pixels: int, learned: bool) -> int:
    """For a model of which no report speaks yet: thrice what runs at 640x360 held (tools/bench.md, Pipeline)."""
    base, each = (2 * GIB, 2048) if learned else (GIB // 2, 1024)
    return base + each * pixels


def _peaks(known: Iterable[Task]) -> dict[str, tuple[int, int]]:
    """The most memory held, and the pixels of a frame it was held for, by the model that was asked for."""
    found: dict[str, tuple[int, int]] = {}
    for task in known:
        data = read_report(reported(task)) or {}
        with suppress(KeyError, TypeError, ValueError):
            peak, clip = int(data["peak_rss"]), data["clip"]
            pixels = int(clip["width"]) * int(clip["height"])
            before = found.get(task.plan.model.name, (0, 1))
            if peak > before[0] and pixels > 0:
                found[task.plan.model.name] = (peak, pixels)
    return found
