"""Memory does not grow with the clip."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import drawn

ROOT = Path(__file__).parents[2]


def peak(folder: Path, frames: int) -> int:
    """Peak memory of a run of its own process over a clip of that many frames, in bytes."""
    folder.mkdir()
    path = drawn.clip(folder / "clip.mp4", frames, size=(160, 96))
    drawn.mask(folder / "mask.png", size=(160, 96))
    command = [sys.executable, "-m", "vmatte.cli", "process", path, "--mask", folder / "mask.png", "--quiet"]
    subprocess.run(list(map(str, command)), check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    report = json.loads((folder / "clip.report.json").read_text())
    assert report["frames"] == frames
    return int(report["peak_rss"])


@pytest.mark.timeout(600)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read the Linux way")
def test_a_clip_sixteen_times_as_long_takes_no_more_memory(tmp_path):
    short, long = peak(tmp_path / "short", 12), peak(tmp_path / "long", 192)
    assert long <= 1.05 * short, f"{short / 2**20:.0f} MiB for 12 frames, {long / 2**20:.0f} MiB for 192"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read the Linux way")
def test_memory_of_the_starting_process_does_not_count():
    """A child's peak must not be the parent's: or every figure of a benchmark would be the benchmark's own."""
    ballast = bytearray(os.urandom(1)) * (400 * 2**20)
    ask = "from vmatte.run.report import peak_rss; print(peak_rss())"
    told = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True, cwd=ROOT)
    assert 2**20 < int(told.stdout) < len(ballast) / 2
