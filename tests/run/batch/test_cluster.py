"""The executor of clusters, on a cluster of several nodes on this machine; and what it does without one."""

import os
import time
from contextlib import closing

import pytest

from vmatte.core.errors import ConfigError
from vmatte.run.batch.cluster import Cluster
from vmatte.run.batch.door import Door
from vmatte.run.batch.driver import run_batch
from vmatte.run.batch.need import GIB, Need
from vmatte.run.batch.task import Advanced, Began, Outcome, Retried, State

ray = pytest.importorskip("ray")
from ray.cluster_utils import Cluster as LocalCluster  # noqa: E402

pytestmark = [
    # Ray's own: sockets and files it leaves to the collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

SMALL = Need(GIB // 4)


@pytest.fixture(scope="module")
def cluster():
    """A head without workers and two nodes of one core."""
    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    found = LocalCluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 0,
            "include_dashboard": False,
            # How soon a dead node is noticed: by default that takes half a minute.
            "_system_config": {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500,
                               "health_check_failure_threshold": 4},
        },
    )  # fmt: skip
    nodes = [found.add_node(num_cpus=1, memory=GIB) for _ in range(2)]
    yield found, nodes
    found.shutdown()
    patch.undo()


def executor(cluster, jobs, **options):
    return Cluster(Door(cluster.address), lambda task: SMALL, jobs, cores=1, **options)


def test_a_node_dies_and_everything_arrives(cluster, task, tmp_path):
    """Real jobs on two nodes, one of which is killed while both work: its job is done by the other."""
    local, nodes = cluster
    events = []
    begun = set()

    def listener(event):
        events.append(event)
        if isinstance(event, Advanced):
            begun.add(event.number)
            if len(begun) == 2 and len(nodes) == 2:
                local.remove_node(nodes.pop(), allow_graceful=False)

    tasks = [task(0, frames=24), task(1, frames=24), task(2), task(3, broken=True)]
    started = time.monotonic()
    outcomes = run_batch(tasks, executor(local, 4), 2, listener)
    print(time.monotonic() - started, [type(e).__name__ for e in events if not 'Ticked' in type(e).__name__], outcomes)
    assert [outcomes[number].state for number in range(4)] == [State.done] * 3 + [State.failed]
    retried = [event for event in events if isinstance(event, Retried)]
    assert {event.outcome.kind for event in retried} == {"died"}
    assert {event.worker for event in events if isinstance(event, Began)} >= {"ray 1", "ray 2"}
    found = sorted(path.name for path in (tmp_path / "done").iterdir())
    assert found == sorted(f"c{number}.{kind}" for number in range(3) for kind in ("alpha.mkv", "report.json"))
