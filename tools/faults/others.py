"""Runs that get in each other's way, weights that vanish, workers that hang or run out of memory."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from tools.faults.case import Case
from tools.faults.command import Said, ended, ran, started, wait_until
from tools.faults.scene import Scene


def two_runs(scene: Scene, count: int) -> Case:
    """The same command twice at once: one does it, the other one says why not."""
    case = Case("two runs into one folder")
    for _ in range(count):
        scene.forget("out")
        both = [started(scene.command("out"), scene.folder) for _ in range(2)]
        said = [ended(process) for process in both]
        for each in said:
            case.count(each)
        if sorted(each.code or 0 for each in said)[0] != 0:
            case.oddities.append("neither of the two finished")
        case.compare(scene.results("out"), scene.wanted)
        case.equal += scene.results("out") == scene.wanted
    return case


def lost_weights(scene: Scene, weights: Path, count: int) -> Case:
    """A checkpoint is deleted between two runs, and comes back."""
    case = Case("weights deleted")
    away = weights.with_suffix(".away")
    words = ["vmatte.cli", "process", "clip.mp4", "--model", "rvm.mobilenetv3", "--weights", str(weights)]
    words += ["--device", "cpu", "--end", "0.4", "--output", "alpha", "--out", "out"]
    for _ in range(count):
        scene.forget("out")
        weights.rename(away)
        case.count(ran(words, scene.folder))
        case.wrong += len(scene.results("out"))
        away.rename(weights)
        case.equal += ran(words, scene.folder).code == 0
    return case


def hanging(scene: Scene, count: int) -> Case:
    """A worker of a batch stops dead: the watchdog replaces it, and the job goes on at its last whole segment."""
    case = Case("a worker of a batch hangs (SIGSTOP)")
    words = [word if word != "process" else "batch" for word in scene.command("out")]
    words += ["--executor", "processes", "--workers", "1", "--stalled", "30", "--retries", "1"]
    for _ in range(count):
        scene.forget("out")
        process = started(words, scene.folder)
        wait_until(scene.journal("out"), process)
        stopped = [child for child in _children(process.pid) if _stopped(child)]
        said = ended(process)
        case.count(said)
        found = scene.results("out")
        case.compare(found, scene.wanted, Said(said.code, _how(scene.folder / "out")))
        if not stopped:
            case.oddities.append("no worker could be stopped")
    case.note = "tried again within the same command"
    return case


def _how(out: Path) -> str:
    report = out / "clip.report.json"
    before = json.loads(report.read_text(encoding="utf-8")).get("before", 0) if report.exists() else 0
    return "going on at frame" if before else "from the start"


def _children(parent: int) -> list[int]:
    """Processes that work for another one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state = (entry / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if int(state[1]) == parent and b"spawn_main" in words:
                found.append(int(entry.name))
    return found


def _stopped(process: int) -> bool:
    try:
        os.kill(process, signal.SIGSTOP)
    except ProcessLookupError:
        return False
    time.sleep(0.01)
    return True
