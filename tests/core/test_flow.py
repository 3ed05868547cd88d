"""Bounded queues: order, back-pressure, errors and closing."""

import threading

import pytest

from vmatte.core.flow import Prefetch, ordered


def test_items_come_in_order_and_end():
    queue = Prefetch(iter(range(20)), 3, "test")
    assert list(queue) == list(range(20))
    with pytest.raises(StopIteration):
        next(queue)
    queue.close()


def test_worker_runs_at_most_depth_ahead():
    made = []
    reached = threading.Event()

    def items():
        for number in range(100):
            made.append(number)
            if len(made) == 4:
                reached.set()
            yield number

    queue = Prefetch(items(), 3, "test")
    # Three in the queue and one in the worker's hand, waiting for room.
    assert reached.wait(5)
    assert next(queue) == 0
    assert max(made) <= 5
    queue.close()
    assert max(made) <= 5


def test_error_is_raised_in_place():
    def items():
        yield 1
        raise KeyError("broken")

    queue = Prefetch(items(), 2, "test")
    assert next(queue) == 1
    with pytest.raises(KeyError, match="broken"):
        next(queue)
    with pytest.raises(StopIteration):
        next(queue)
    queue.close()


def test_closing_closes_what_it_reads_from_on_its_own_thread():
    closed = []

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.append(threading.current_thread().name)

    queue = Prefetch(items(), 2, "closer")
    next(queue)
    queue.close()
    assert closed == ["vmatte-closer"]


def test_fill_tells_a_slow_reader_from_a_slow_worker():
    filled, taken = threading.Event(), threading.Semaphore(0)

    def fast():
        for number in range(8):
            if number == 2:
                filled.set()
            yield number

    def slow():
        for number in range(8):
            taken.acquire()
            yield number

    full = Prefetch(fast(), 2, "fast")
    assert filled.wait(5)
    next(full)
    assert full.fill == 1.0
    full.close()
    empty = Prefetch(slow(), 2, "slow")
    for _ in range(8):
        threading.Timer(0.01, taken.release).start()
        next(empty)
    assert empty.fill == 0.0
    empty.close()


def test_depth_must_be_positive():
    with pytest.raises(ValueError, match="depth"):
        Prefetch(iter(()), 0, "test")


@pytest.mark.parametrize("workers", [1, 3])
def test_ordered_keeps_order(workers):
    assert list(ordered(lambda n: n * n, range(50), workers)) == [n * n for n in range(50)]


def test_ordered_reads_no_further_than_it_must():
    taken = []

    def items():
        for number in range(50):
            taken.append(number)
            yield number

    results = ordered(lambda n: n, items(), 2)
    assert next(results) == 0
    assert len(taken) <= 3
    results.close()


def test_ordered_passes_errors_on():
    results = ordered(lambda n: 1 // n, [1, 0, 1], 2)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
