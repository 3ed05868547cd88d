"""All faults, with a table of what became of them: `python -m tools.faults [--short] [--only NAME]`.

Three things go on side by side. The full form takes a quarter of an hour of processor time and writes
`tools/faults.md`; the short one runs in the tests.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.benchmark.report import table
from tools.faults import disk, ends, others, sources
from tools.faults.case import HEADER, Case
from tools.faults.command import environment
from tools.faults.fuzz import fuzz
from tools.faults.scene import Scene
from tools.faults.soak import Look, grown
from vmatte.run.report import versions

_PAGE = Path(__file__).parents[1] / "faults.md"
_WEIGHTS = "rvm_mobilenetv3"
_SOAK = "## Soak"


def cases(folder: Path, small: bool) -> dict[str, Callable[[], Case]]:
    """Every fault by name; few trials of each when `small`."""
    few = (lambda count: 1) if small else (lambda count: count)
    made: list[Scene] = []

    def scene() -> Scene:
        if not made:
            (folder / "scene").mkdir(parents=True)
            made.append(Scene(folder / "scene", 48 if small else 120))
        return made[0]

    return {
        "kill": lambda: ends.kills(scene(), 2 if small else 20),
        "term": lambda: ends.signals(scene(), "SIGTERM", few(5)),
        "int": lambda: ends.signals(scene(), "SIGINT", few(5)),
        "power": lambda: ends.power(scene(), few(6)),
        "damage": lambda: ends.damage(scene(), few(10)),
        "disk": lambda: disk.full(scene(), few(10)),
        "read": lambda: disk.unreadable(scene(), few(5)),
        "packets": lambda: sources.corrupted(scene(), few(10)),
        "short": lambda: sources.truncated(scene(), 2 if small else 10),
        "changing": lambda: sources.changing(scene(), 2 if small else 6),
        "two": lambda: others.two_runs(scene(), few(5)),
        "weights": lambda: others.lost_weights(scene(), _weights(folder), few(3)),
        "hang": lambda: others.hanging(scene(), few(3)),
        "fuzz": lambda: fuzz(folder / "fuzz", 22 if small else 300),
    }


def _told(run: Callable[[], Case]) -> Case:
    """Runs the trials of one fault, and says how they went."""
    case = run()
    print("\n    ".join([" | ".join(case.row()), *case.oddities]), flush=True)
    return case


def soaked(folder: Path, frames: int) -> list[Look]:
    """A very long clip in a process of its own."""
    import json

    words = [sys.executable, "-m", "tools.faults.soak", str(frames), str(folder)]
    done = subprocess.run(words, env=environment(folder / "home"), stdout=subprocess.PIPE, text=True, check=True)
    return [Look(**each) for each in json.loads(done.stdout.splitlines()[-1])]


def _weights(folder: Path) -> Path:
    """A checkpoint of noise."""
    import safetensors.torch

    from tests.parity.seeded import seeded_state

    path = folder / "weights.safetensors"
    safetensors.torch.save_file(seeded_state(_WEIGHTS, 9), path)
    return path


def main() -> int:
    """Runs what is asked for; how many faults did what none may."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--short", action="store_true", help="few trials of each, and no table is written")
    words.add_argument("--only", action="append", metavar="NAME", help="these faults only, or soak")
    given = words.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vmatte-faults-") as name, ThreadPoolExecutor(3) as side_by_side:
        folder = Path(name)
        wanted = {key: run for key, run in cases(folder, given.short).items() if key in (given.only or [key])}
        long = (
            side_by_side.submit(soaked, folder, 400 if given.short else 20_000)
            if "soak" in (given.only or ["soak"])
            else None
        )
        fuzzed = [side_by_side.submit(_told, wanted.pop(key)) for key in ("fuzz",) if key in wanted]
        found = [_told(run) for run in wanted.values()] + [each.result() for each in fuzzed]
        looks = [] if long is None else long.result()
    if looks:
        print(_soak_text(looks), flush=True)
    if not given.short:
        _write(found, looks, time.monotonic() - began)
    return sum(case.bad for case in found)


def _write(found: list[Case], looks: list[Look], seconds: float) -> None:
    """The page, with the rows and the section of what did not run now as they were."""
    old = _PAGE.read_text(encoding="utf-8") if _PAGE.exists() else ""
    head, _, soak = old.partition(_SOAK)
    rows = {cells[0]: cells for cells in _cells(head)} | {case.name: case.row() for case in found}
    if looks:
        some = table(["frames", "memory, MiB", "open files", "threads"], _rows(looks))
        soak = f"\n\n{_soak_text(looks)}\n\n{some}\n\n{_made(seconds)}\n"
    _PAGE.write_text(f"{_ABOUT}\n{table(HEADER, list(rows.values()))}\n\n{_SOAK}{soak}", encoding="utf-8")


def _cells(text: str) -> list[list[str]]:
    """The rows of the table in a page."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _made(seconds: float) -> str:
    known = ", ".join(f"{name} {number}" for name, number in versions().items())
    return f"{seconds / 60:.0f} minutes on {platform.system()}, on a machine that others used as well; {known}."


_ABOUT = """\
# Faults

What was done to runs on purpose, and what became of them. Made by `python -m tools.faults`; the tests run a short form
of it, and `--only NAME` makes one row again. An accident is a traceback or anything else that no user should see. The
three columns before the last must be 0.
"""


def _soak_text(looks: list[Look]) -> str:
    memory, files = grown(looks)
    return (
        f"{looks[-1].frames:,} frames of 64x48 with a journal: memory grows by {memory:.0f} bytes a frame"
        f" ({memory * looks[-1].frames / 2**20:.1f} MiB over the run), open files vary by {files}."
    )


def _rows(looks: list[Look]) -> list[list[str]]:
    some = looks[:: max(1, len(looks) // 10)]
    return [[f"{look.frames:,}", f"{look.memory / 2**20:.1f}", str(look.files), str(look.threads)] for look in some]


if __name__ == "__main__":
    sys.exit(main())
