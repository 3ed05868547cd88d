"""Executors: what holds for all of them, and what happens when a worker's process dies."""

import multiprocessing
import os
import signal
from typing import ClassVar

import pytest

from vmatte.run.batch.driver import run_batch
from vmatte.run.batch.executor import Inline
from vmatte.run.batch.pool import Processes
from vmatte.run.batch.share import Share, environment, shares
from vmatte.run.batch.task import Advanced, Began, Ended, Event, Retried, State

ONE = Share("cpu 0", 1)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def finished(number):
    return [f"c{number}.alpha.mkv", f"c{number}.report.json"]


def test_in_this_process_one_failure_does_not_stop_the_rest(task, tmp_path):
    events: list[Event] = []
    tasks = [task(0), task(1, broken=True), task(2)]
    outcomes = run_batch(tasks, Inline(), 3, events.append)
    assert [outcomes[number].state for number in range(3)] == [State.done, State.failed, State.done]
    assert outcomes[1].kind == "InputError"
    # A clip that cannot be read will not be readable the next time.
    assert not any(isinstance(event, Retried) for event in events)
    assert names(tmp_path / "done") == finished(0) + finished(2)


def test_a_killed_worker_is_one_failed_try(task, tmp_path):
    """SIGKILL in the middle of a job: the job is tried again on a new worker, its neighbours notice nothing."""
    events: list[Event] = []
    killed: list[int | None] = []

    def listener(event):
        events.append(event)
        if isinstance(event, Advanced) and event.number == 1 and not killed:
            (worker,) = multiprocessing.active_children()
            killed.append(worker.pid)
            os.kill(worker.pid or 0, signal.SIGKILL)

    tasks = [task(0), task(1, frames=12), task(2, broken=True)]
    outcomes = run_batch(tasks, Processes([ONE], 60), 1, listener)
    assert [outcomes[number].state for number in range(3)] == [State.done, State.done, State.failed]
    (retried,) = [event for event in events if isinstance(event, Retried)]
    assert (retried.number, retried.outcome.kind) == (1, "died")
    assert "SIGKILL" in retried.outcome.text
    assert names(tmp_path / "done") == finished(0) + finished(1)
    assert multiprocessing.active_children() == []


def test_a_worker_that_hangs_is_replaced(task):
    """Stopped, it gives no sign of life and holds whatever it holds."""
    stopped: list[int | None] = []

    def listener(event):
        if isinstance(event, Advanced) and not stopped:
            (worker,) = multiprocessing.active_children()
            stopped.append(worker.pid)
            os.kill(worker.pid or 0, signal.SIGSTOP)
            executor._patience = 0.5

    executor = Processes([ONE], 60)
    outcome = run_batch([task(0, frames=12)], executor, 0, listener)[0]
    assert (outcome.state, outcome.kind) == (State.failed, "died")
    assert "no sign of life" in outcome.text
    assert multiprocessing.active_children() == []


def test_an_interrupt_leaves_no_process_and_nothing_half_written(task, tmp_path):
    def listener(event):
        if isinstance(event, Advanced):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch([task(0, frames=24)], Processes([ONE]), 1, listener)
    assert multiprocessing.active_children() == []
    assert not (tmp_path / "done").exists() or names(tmp_path / "done") == []


class Instant:
    """An executor whose tasks fail so many times."""

    workers: ClassVar[list[str]] = ["nowhere"]

    def __init__(self, failures, outcome):
        self._left, self._outcome = dict(failures), outcome

    def run(self, take, tell):
        from dataclasses import replace

        while (task := take()) is not None:
            tell(Began(task.number, "nowhere"))
            left = self._left.get(task.number, 0)
            self._left[task.number] = left - 1
            tell(Ended(task.number, self._outcome if left > 0 else replace(self._outcome, state=State.done)))


def test_retries_are_counted_and_come_last(task):
    from vmatte.run.batch.task import Outcome

    order = []
    tasks = [task(number, broken=True) for number in range(3)]
    executor = Instant({0: 2, 1: 3}, Outcome(State.failed, "full", "OutputError", True))
    outcomes = run_batch(tasks, executor, 2, lambda event: order.append(getattr(event, "number", -1)))
    assert [outcomes[number].state for number in range(3)] == [State.done, State.failed, State.done]
    assert order[::2] == [0, 1, 2, 0, 1, 0, 1]


def test_shares_divide_the_machine(task, monkeypatch):
    monkeypatch.setattr("vmatte.run.batch.share.cores", lambda: 16)
    assert [(share.threads, share.gpu) for share in shares(0, 99)] == [(4, None)] * 4
    assert [share.threads for share in shares(0, 2)] == [8, 8]
    assert [(share.name, share.threads) for share in shares(4, 9, ["3", "5"])][1:3] == [("cuda:5", 4), ("cuda:3", 4)]
    plan = Share("x", 4).fitted(task(0, broken=True).plan)
    assert (plan.stream.threads, plan.stream.encoders) == (4, 3)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with environment(Share("x", 4, "5").environment):
        found = [os.environ[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES")]
    assert found == ["7", "4", "5"]
    assert "MKL_NUM_THREADS" not in os.environ
