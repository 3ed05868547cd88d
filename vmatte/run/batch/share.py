"""How a machine is shared out between workers: so many cores each, or a GPU each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from vmatte.run.plan import Plan

# Decode, model, stages and encode each have a thread of their own, so that many cores serve one clip well.
CORES_A_CLIP = 4
# Libraries read these when they are loaded, so they have to be there before a worker is.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


@dataclass(frozen=True)
class Share:
    """What one worker may use.

    Attributes:
        name: For people: `cpu 1`, `cuda:0`.
        threads: As many as it has cores.
        gpu: The one GPU it sees, in the words of CUDA_VISIBLE_DEVICES; None leaves them all as they are.
    """

    name: str
    threads: int
    gpu: str | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables of a worker's process."""
        found = dict.fromkeys(_THREADS, str(self.threads))
        return found | ({} if self.gpu is None else {"CUDA_VISIBLE_DEVICES": self.gpu})

    def fitted(self, plan: Plan) -> Plan:
        """The plan with automatic numbers of threads brought down to the share."""
        stream = plan.stream
        encoders = stream.encoders or max(1, min(8, self.threads - 1))
        return replace(plan, stream=replace(stream, threads=stream.threads or self.threads, encoders=encoders))


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shares(workers: int, jobs: int, gpus: Sequence[str] = ()) -> list[Share]:
    """The shares of so many workers.

    Args:
        workers: 0 takes one a GPU, or else one for every four cores.
        jobs: No more workers than that are of use.
        gpus: Names of GPUs as CUDA_VISIBLE_DEVICES takes them; empty when models run on the CPU.

    >>> [share.name for share in shares(0, 9, ["0", "1"])]
    ['cuda:0', 'cuda:1']
    """
    automatic = len(gpus) or max(1, cores() // CORES_A_CLIP)
    count = max(1, min(workers or automatic, jobs))
    threads = max(1, cores() // count)
    if not gpus:
        return [Share(f"cpu {place}", threads) for place in range(count)]
    held = [gpus[place % len(gpus)] for place in range(count)]
    return [Share(f"cuda:{gpu}", threads, gpu) for gpu in held]


def visible_gpus(count: int) -> list[str]:
    """Names of the GPUs that this process sees `count` of, as a child has to be told them."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    return [str(place) for place in range(count)] if told is None else told.split(",")[:count]


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Sets variables for as long as it takes to start a process; what the user has set of threads stands."""
    before = {name: os.environ.get(name) for name in variables}
    for name, value in variables.items():
        if name not in _THREADS or name not in os.environ:
            os.environ[name] = value
    try:
        yield
    finally:
        for name, old in before.items():
            if old is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = old
