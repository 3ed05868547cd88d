"""The executor of many machines: workers of a Ray cluster, each with its model loaded, placed by memory and GPU."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

from vmatte.core.errors import ConfigError
from vmatte.run.batch.crew import Crew, Hired, Kind
from vmatte.run.batch.door import Door, Node
from vmatte.run.batch.need import GIB, Need
from vmatte.run.batch.performer import Performer
from vmatte.run.batch.share import CORES_A_CLIP
from vmatte.run.batch.task import Began, Ended, Outcome, State, Take, Task, Tell, Ticked, Work

# Seconds between two looks at the clock, and at the nodes, which come and go.
_TICK, _LOOK = 0.2, 2.0
# Clusters that grow on demand take minutes to.
_PLACING = 300.0


class Cluster:
    """Runs tasks on the nodes of a Ray cluster. A worker or a node that dies fails its tasks, and others go on.

    Nothing but tasks and events passes through this process: clips and results lie where all nodes reach them.

    Args:
        door: To the cluster.
        need: What a task asks of its machine.
        jobs: No more workers than that are of use.
        workers: At most so many; 0 takes as many as there is room for, more when nodes come.
        cores: Of a worker; 0 takes four, or what the largest node has.
        patience: As in `Processes`.
        making: Makes what runs the tasks, in each worker; can be pickled.
        placing: Seconds that a task waits for a node that could hold it.
    """

    def __init__(
        self,
        door: Door,
        need: Callable[[Task], Need],
        jobs: int,
        workers: int = 0,
        cores: int = 0,
        patience: float = 0.0,
        making: Callable[[], Work] = Performer,
        placing: float = _PLACING,
    ) -> None:
        self._door, self._need, self._making = door, need, making
        self._jobs, self._workers, self._given, self._patience = jobs, workers, cores, patience
        self._nodes: Sequence[Node] = ()
        self._looked = -_LOOK
        self._patience_to_place, self._placing = placing, dict[Need, float]()

    @property
    def workers(self) -> list[str]:
        """As in `Executor`: as many as there is room for now."""
        self._look()
        return [f"ray {place}" for place in range(1, max(1, self._limit(self._kind(Need()))) + 1)]

    def run(self, take: Take, tell: Tell) -> None:
        """As in `Executor`.

        Raises:
            ConfigError: The cluster cannot be reached any more, or its nodes do not run this code.
        """
        ray = self._door.ray
        crew = Crew(ray, self._making, self._patience)
        held: deque[Task] = deque()
        try:
            while True:
                self._look()
                self._hand_out(crew, held, take, tell)
                self._hire(crew, held, take)
                self._refuse(held, tell)
                if not held and not crew.busy:
                    return
                for event in crew.listen(_TICK):
                    tell(event)
                tell(Ticked())
        except (ray.exceptions.RaySystemError, ConnectionError) as error:
            raise ConfigError(
                f"the Ray cluster at {self._door.address} is gone: {' '.join(str(error).split())[:200]}; the same "
                "command goes on where this one stopped"
            ) from error
        finally:
            try:
                crew.end()
            finally:
                self._door.close()

    def _hand_out(self, crew: Crew, held: deque[Task], take: Take, tell: Tell) -> None:
        """Every idle worker gets a task that it is large enough for; one without any makes room for a larger one."""
        for hired in crew:
            if not hired.idle:
                continue
            task = self._for(hired, held, take, len(crew))
            if task is not None:
                tell(Began(task.number, hired.name))
                hired.give(task)
            elif held and not any(other.kind.fits(self._kind_of(held[0])) for other in crew):
                crew.dismiss(hired)

    def _for(self, hired: Hired, held: deque[Task], take: Take, most: int) -> Task | None:
        for waiting in held:
            if hired.kind.fits(self._kind_of(waiting)):
                held.remove(waiting)
                return waiting
        # No further ahead than there are workers, so the queue stays with its owner.
        while len(held) < most and (task := take()) is not None:
            if hired.kind.fits(self._kind_of(task)):
                return task
            held.append(task)
        return None

    def _hire(self, crew: Crew, held: deque[Task], take: Take) -> None:
        """A worker for every task that waits, and for the next ones, as far as there is room."""
        starting = sum(hired.starting for hired in crew)
        while True:
            if len(held) <= starting:
                # One task is held in any case: a cluster without room is to be waited for, not taken for done.
                if len(crew) >= max(1, self._limit(self._kind(Need()))) or (task := take()) is None:
                    return
                held.append(task)
            kind = self._kind_of(held[starting])
            if len(crew) >= self._limit(kind):
                return
            crew.hire(kind)
            starting += 1

    def _refuse(self, held: deque[Task], tell: Tell) -> None:
        """Ends tasks that no node can hold, once none has come for long enough."""
        for task in list(held):
            need = self._need(task)
            if self._room(self._kind_of(task)):
                self._placing.pop(need, None)
            elif time.monotonic() - self._placing.setdefault(need, time.monotonic()) > self._patience_to_place:
                held.remove(task)
                gpu = " and a GPU" if need.only_gpu else ""
                text = f"no node of the cluster has {need.memory / GIB:g} GiB of memory{gpu} for it; see --memory"
                tell(Ended(task.number, Outcome(State.failed, text, "ConfigError")))

    def _limit(self, kind: Kind) -> int:
        """How many workers there may be, were they all of this kind."""
        return min(self._jobs, self._workers or self._room(kind))

    def _room(self, kind: Kind) -> int:
        return sum(node.holds(kind.need, kind.gpu, kind.cores) for node in self._nodes)

    def _kind_of(self, task: Task) -> Kind:
        return self._kind(self._need(task))

    def _kind(self, need: Need) -> Kind:
        gpu = need.only_gpu or (need.gpu and any(node.gpus >= 1 for node in self._nodes))
        largest = int(max((node.cores for node in self._nodes), default=1))
        return Kind(need, gpu, self._given or max(1, min(CORES_A_CLIP, largest)))

    def _look(self) -> None:
        if time.monotonic() - self._looked >= _LOOK:
            self._nodes, self._looked = self._door.nodes(), time.monotonic()
