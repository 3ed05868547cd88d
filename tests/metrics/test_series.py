"""How frames and clips become one number, as the papers' programs do it."""

import pytest

from vmatte.metrics.series import Averaging, series, totals


def test_columns_weigh_late_frames_of_long_clips_more():
    clips = [series("MAD", "", values, Averaging.columns) for values in ([1.0], [3.0, 9.0])]
    assert totals(clips) == pytest.approx((13 / 3, (2 + 9) / 2))


def test_columns_end_after_700_frames():
    long = series("MAD", "", [1.0] * 700 + [100.0] * 700, Averaging.columns)
    assert long.table == 1
    assert long.mean == pytest.approx(50.5)
    assert totals([long])[1] == 1


def test_forced_zeros_are_in_the_table_only():
    first = series("dtSSD", "", [0.0, 2.0, 4.0], Averaging.columns, forced=0)
    last = series("dtSSD", "", [2.0, 4.0, 0.0], Averaging.clips, forced=-1)
    for found in (first, last):
        assert (found.mean, found.table, found.weight) == (3, 2, 2)
    two = [last, series("dtSSD", "", [8.0, 0.0], Averaging.clips, forced=-1)]
    assert totals(two) == pytest.approx((14 / 3, 3))


def test_nothing_to_measure_is_no_zero():
    one = series("dtSSD", "", [0.0], Averaging.columns, forced=0)
    assert (one.mean, one.table) == (None, None)
    gaps = series("MSE", "", [None, float("nan"), 4.0], Averaging.frames)
    assert gaps.per_frame == (None, None, 4.0)
    assert gaps.mean == 4
    assert totals([gaps, series("MSE", "", [None], Averaging.frames)]) == (4, 4)
