"""The executor of clusters, on a cluster of several nodes on this machine; and what it does without one."""

import os
import subprocess
import sys
from functools import partial

import pytest

from tests import drawn
from tests.run.batch.instant import Endless, Hanging, Instant
from vmatte.core.errors import ConfigError
from vmatte.run.batch.cluster import Cluster
from vmatte.run.batch.door import Door
from vmatte.run.batch.driver import run_batch
from vmatte.run.batch.need import GIB, Need
from vmatte.run.batch.task import Advanced, Began, Event, Retried, State

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
    """Two nodes of one core each."""
    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    found = LocalCluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 1,
            "memory": GIB,
            "include_dashboard": False,
            # How soon a dead node is noticed: by default that takes half a minute.
            "_system_config": {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500,
                               "health_check_failure_threshold": 4},
        },
    )  # fmt: skip
    yield found, found.add_node(num_cpus=1, memory=GIB)
    found.shutdown()
    patch.undo()


def executor(cluster, jobs, **options):
    return Cluster(Door(cluster.address), lambda task: SMALL, jobs, cores=1, **options)


def test_jobs_go_where_there_is_memory_for_them(cluster, task):
    """One core, one quarter or one whole GiB: the large job gets a worker of its size, a huge one is refused."""
    local, _ = cluster
    needs = [SMALL, Need(GIB), SMALL, Need(GIB * 2**10)]
    tasks = [task(number, broken=True) for number in range(4)]
    found = Cluster(Door(local.address), lambda task: needs[task.number], 4, cores=1, making=Instant, placing=0.5)
    assert found.workers == ["ray 1", "ray 2"]
    outcomes = run_batch(tasks, found, 0)
    assert [outcomes[number].state for number in range(4)] == [State.done] * 3 + [State.failed]
    assert "1024 GiB of memory" in outcomes[3].text


def test_a_worker_that_hangs_is_replaced(cluster, task):
    events: list[Event] = []
    found = executor(cluster[0], 1, making=Hanging, patience=1.0)
    outcome = run_batch([task(0, broken=True)], found, 1, events.append)[0]
    assert (outcome.state, outcome.kind) == (State.failed, "died")
    assert "no sign of life" in outcome.text
    assert [event.worker for event in events if isinstance(event, Began)] == ["cpu 1", "cpu 2"]


def test_an_interrupt_takes_back_what_is_half_written(cluster, task, tmp_path):
    def listener(event):
        if isinstance(event, Advanced):
            assert list((tmp_path / "done").iterdir())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch([task(0, broken=True)], executor(cluster[0], 1, making=Endless), 1, listener)
    assert list((tmp_path / "done").iterdir()) == []


def test_a_node_dies_and_everything_arrives(cluster, task, tmp_path):
    """Real jobs on two nodes, one of which is killed while both work: its job is done by the other."""
    local, other = cluster
    events: list[Event] = []
    begun = set()

    def listener(event):
        events.append(event)
        if isinstance(event, Advanced):
            begun.add(event.number)
            if len(begun) == 2 and len(local.list_all_nodes()) == 2:
                local.remove_node(other, allow_graceful=False)

    tasks = [task(0, frames=24), task(1, frames=24), task(2), task(3, broken=True)]
    outcomes = run_batch(tasks, executor(local, 4), 2, listener)
    assert [outcomes[number].state for number in range(4)] == [State.done] * 3 + [State.failed]
    retried = [event for event in events if isinstance(event, Retried)]
    assert {event.outcome.kind for event in retried} == {"died"}
    assert {event.worker for event in events if isinstance(event, Began)} >= {"cpu 1", "cpu 2"}
    found = sorted(path.name for path in (tmp_path / "done").iterdir())
    assert found == sorted(f"c{number}.{kind}" for number in range(3) for kind in ("alpha.mkv", "report.json"))


@pytest.mark.slow
def test_a_cluster_is_reached_from_outside_by_its_own_protocol(tmp_path):
    port = 9377
    ours = {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    patient = partial(subprocess.run, env=os.environ | ours, timeout=120, check=True, capture_output=True)
    head = ("--head", "--port", "6377", "--ray-client-server-port", str(port), "--num-cpus", "1", "--block")
    started = subprocess.Popen(
        [sys.executable, "-m", "ray.scripts.scripts", "start", *head, "--include-dashboard=false"],
        env=os.environ | ours, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        drawn.clip(tmp_path / "a.mp4", 3)
        drawn.mask(tmp_path / "a.mask.png")
        command = [sys.executable, "-m", "vmatte.cli", "batch", "a.mp4", "--out", "done", "--output", "alpha"]
        patient([*command, "--executor", "ray", "--address", f"ray://127.0.0.1:{port}"], cwd=tmp_path)
        assert (tmp_path / "done/a.alpha.mkv").is_file()
    finally:
        started.terminate()
        started.wait(60)


def test_without_a_cluster_it_is_said_what_to_do(monkeypatch):
    monkeypatch.setattr("vmatte.run.batch.door._imported", lambda: Nowhere)
    with pytest.raises(ConfigError, match="ray start --head"):
        Door("auto").nodes()


class Nowhere:
    """Ray where no cluster is."""

    @staticmethod
    def is_initialized():
        return False

    @staticmethod
    def init(**options):
        raise ConnectionError("none running")
