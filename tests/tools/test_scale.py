"""The tools that say what many clips take: their arithmetic, and that the queue is really run."""

import argparse

import pytest

from tools.benchmark import queue
from tools.benchmark.fleet import Assumed, Written, page


def cells(text, name):
    row = next(line for line in text.splitlines() if line.startswith(f"| {name} "))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_a_fleet_is_what_one_core_takes_multiplied():
    measured = {"frame": "1280x720", "machine": "one core", "seconds": {"recall": 0.5, "u2net": 0.5}}
    # A thousand clips of 10 frames: 10,000 frames a day.
    assumed = Assumed(clips=1000, seconds=1.0, rate=10.0, cores=2, busy=0.5)
    text = page(measured, assumed, [Written(("alpha",), 0.1, 1000.0)], (2.0, 0.4), 500.0)
    # 0.5 + 0.1 s a frame and 2 s a clip are 8000 s; a steady model is not smoothed, another takes 0.4 s more a frame.
    assert cells(text, "recall") == ["recall", "0.5", "0.60", f"{8000 / 3600:,.0f}", "0", "0.0022"]
    assert cells(text, "u2net")[2] == "1.00"
    assert cells(text, "alpha")[1:4] == ["100", "1.0", "0.00"]
    assert assumed.machines(86_400) == pytest.approx(1.0)


def test_the_queue_is_run_and_its_memory_watched(capsys, tmp_path):
    out = tmp_path / "bench.md"
    assert queue.main(argparse.Namespace(jobs=50, executor=["inline"], out=out)) == 0
    assert "50 jobs" in capsys.readouterr().out
    assert cells(out.read_text(), "inline")[0] == "inline"
