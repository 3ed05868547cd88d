"""Encoders side by side: order, back-pressure, errors."""

from __future__ import annotations

import threading
import weakref
import zlib
from pathlib import Path

import pytest

from tests.io.writers.conftest import STREAMED, make_clip, picture
from vmatte.core.types import Alpha
from vmatte.io.writers import open_writer, output_path
from vmatte.io.writers.pool import Pool, automatic_workers


def test_results_come_in_order_however_long_each_takes() -> None:
    data = bytes(1000)

    def tool(job: int) -> int:
        for _ in range(job * 37 % 11 * 50):
            zlib.crc32(data)
        return job

    pool = Pool([tool] * 3, "test")
    found = [result for job in range(60) for result in pool.put(job)]
    found += pool.rest()
    pool.close()
    assert found == list(range(60))


def test_a_tool_serves_one_thread_at_a_time() -> None:
    def make() -> object:
        free = threading.Lock()

        def tool(job: int) -> int:
            assert free.acquire(blocking=False)
            zlib.crc32(bytes(100_000))
            free.release()
            return job

        return tool

    pool: Pool[int, int] = Pool([make() for _ in range(4)], "test")  # type: ignore[misc]
    for job in range(100):
        pool.put(job)
    assert len(list(pool.rest())) <= pool.limit
    pool.close()


def test_no_more_jobs_than_the_limit_are_taken() -> None:
    taken = finished = 0
    most = 0
    lock = threading.Lock()

    def tool(_: int) -> None:
        nonlocal finished, most
        zlib.crc32(bytes(3_000_000))
        with lock:
            most = max(most, taken - finished)
            finished += 1

    pool = Pool([tool, tool], "test")
    for job in range(30):
        with lock:
            taken += 1
        pool.put(job)
    list(pool.rest())
    pool.close()
    assert finished == 30
    assert most <= pool.limit + 1  # one more is on its way in


def test_an_error_comes_where_its_result_would_and_threads_end() -> None:
    def tool(job: int) -> int:
        return 10 // (5 - job)

    before = threading.active_count()
    pool = Pool([tool] * 2, "test")
    found: list[int] = []
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        for job in range(9):
            found += pool.put(job)
        found += pool.rest()
    pool.close()
    assert found == [2, 2, 3, 5, 10][: len(found)]
    assert threading.active_count() == before


@pytest.mark.parametrize("name", STREAMED)
def test_a_writer_holds_a_bounded_number_of_pictures(out: Path, name: str) -> None:
    clip = make_clip(160, 96)
    held: list[weakref.ref[Alpha]] = []
    with open_writer(name, output_path(out, "clip", name), clip, options={"workers": 2}) as writer:
        for index in range(25):
            one = picture(clip, index)
            assert one.alpha is not None
            held.append(weakref.ref(one.alpha))
            writer.write(one)
            del one
            # Two at work, one waiting, one that a thread has just finished.
            assert sum(ref() is not None for ref in held) <= 4
        writer.finish()
        assert sum(ref() is not None for ref in held) == 0


def test_automatic_workers_leave_one_processor() -> None:
    assert 1 <= automatic_workers() <= 8
