"""Meters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmatte.core.timing import Meter, metered


@given(st.lists(st.floats(1e-5, 1e3), min_size=1, max_size=200), st.sampled_from([0.5, 0.95]))
@settings(max_examples=40)
def test_quantiles_are_right_to_one_per_cent(durations, share):
    meter = Meter("test")
    for seconds in durations:
        meter.add(seconds)
    exact = float(np.quantile(durations, share, method="inverted_cdf"))
    assert meter.quantile(share) == pytest.approx(exact, rel=0.0101)


def test_an_empty_meter_says_zero():
    assert Meter("test").quantile(0.5) == 0.0


def test_nested_meters_count_their_own_work_only(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])

    def inner():
        for _ in range(3):
            clock[0] += 1.0
            yield 0

    def outer(items):
        for item in items:
            clock[0] += 10.0
            yield item

    below, above = Meter("inner"), Meter("outer")
    for _ in metered(outer(metered(inner(), below)), above, below):
        clock[0] += 100.0
    assert (below.count, below.total) == (3, 3.0)
    assert (above.count, above.total) == (3, 30.0)


def test_closing_a_metered_iterator_closes_what_it_wraps():
    closed = []

    def items():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    stream = metered(items(), Meter("test"))
    next(stream)
    stream.close()
    assert closed == [True]
