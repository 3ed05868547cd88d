"""Where a clip is worst: neighbouring ranges are one, with the worst value of every metric in it."""

from vmatte.metrics import Result
from vmatte.metrics.series import Averaging, series
from vmatte.run.page.moments import moments


def of(**rows):
    found = {name: series(name, "", row, Averaging.frames) for name, row in rows.items()}
    return Result("vmatte", 20, found)


def test_ranges_that_overlap_or_follow_are_one_with_its_worst_values():
    calm = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 1.0, 1.1, 0.9]
    long = [*calm[:4], 30, 30, 30, 30, 30, *calm[9:]]  # frames 4 to 8
    short = [*calm[:3], 5, *calm[4:6], 9, *calm[7:9], 4, *calm[10:]]  # frame 3 before it, 6 within, 9 after
    (worst,) = moments("m", of(MAD=long, CF=short), 6)
    assert (worst.start, worst.stop, worst.peak) == (3, 9, 4)
    assert dict(worst.values) == {"MAD": 30, "CF": 9}


def test_far_ranges_stay_apart_and_a_calm_clip_has_one_moment():
    calm = [1.0, 1.1, 0.9] * 5
    spiky = [*calm[:3], 20, *calm[4:10], 40, *calm[11:]]
    assert [each.peak for each in moments("m", of(MAD=spiky), 6)] == [10, 3]
    (only,) = moments("m", of(MAD=calm), 6)
    assert only.severity == 0
