"""Runs that are ended from outside: killed, asked to end, interrupted at the keyboard."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from tools.faults.case import Case
from tools.faults.command import ended, started, wait_until
from tools.faults.scene import Scene


def kills(scene: Scene, count: int, seed: int = 0) -> Case:
    """SIGKILL again and again at the same job until it is done, and then at the next one.

    Half of the moments are spread over the whole run, the start of Python included, half over what follows the first
    whole segment.
    """
    case, rng = Case("SIGKILL at random moments"), random.Random(seed)
    whole, jobs = scene.seconds, 0
    while case.killed < count and jobs < 2 * count:
        jobs += 1
        scene.forget("out")
        while case.killed < count:
            process = started(scene.command("out"), scene.folder)
            if case.trials % 2:
                wait_until(scene.journal("out"), process)
                time.sleep(rng.uniform(0, 0.2) * whole)
            else:
                time.sleep(rng.uniform(0, 1) * whole)
            killed = process.poll() is None
            process.send_signal(signal.SIGKILL)
            said = ended(process)
            if not killed or said.code == 0:
                break
            case.resumed += "going on at frame" in said.text
            case.count(said, outside=True)
            case.compare(scene.results("out"), scene.wanted)
        if (said := scene.run("out")).code == 0:
            case.compare(scene.results("out"), scene.wanted, said)
        elif "exists already" in said.text:  # the last one got to its end
            case.equal += scene.results("out") == scene.wanted
    case.note = f"{jobs} jobs, {case.equal} of them complete and equal"
    if case.equal != jobs:
        case.oddities.append(case.note)
    return case


def signals(scene: Scene, name: str, count: int, seed: int = 1) -> Case:
    """A signal that asks for an end, after the first whole segment; then the same command again."""
    case, rng = Case(f"{name} in the middle"), random.Random(seed)
    for _ in range(count):
        scene.forget("out")
        process = started(scene.command("out"), scene.folder)
        wait_until(scene.journal("out"), process)
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(getattr(signal, name))
        said = ended(process)
        case.count(said, outside=True)
        case.compare(scene.results("out"), scene.wanted)
        if said.code != 0 and (said.code != 130 or "interrupted" not in said.text):
            case.oddities.append(f"code {said.code}: {said.text[-500:]}")
        if said.code == 130:
            again = scene.run("out")
            case.compare(scene.results("out"), scene.wanted, again)
    return case


def power(scene: Scene, count: int, seed: int = 2) -> Case:
    """Killed, and then everything after the last fsync is lost or rubbish."""
    case, rng = Case("power cut (SIGKILL, unsynced bytes lost or rubbish)"), random.Random(seed)
    for trial in range(count):
        scene.forget("out")
        process = started(scene.command("out"), scene.folder)
        wait_until(scene.journal("out"), process)
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        case.count(ended(process), outside=True)
        _lose(scene, rng, rubbish=bool(trial % 2))
        again = scene.run("out")
        case.compare(scene.results("out"), scene.wanted, again)
    return case


def damage(scene: Scene, count: int, seed: int = 3) -> Case:
    """Killed, and then a bit of the journal turns over: it is not believed, or the bit did not matter."""
    case, rng = Case("journal damaged (one bit)"), random.Random(seed)
    for _ in range(count):
        scene.forget("out")
        process = started(scene.command("out"), scene.folder)
        wait_until(scene.journal("out"), process)
        process.send_signal(signal.SIGKILL)
        case.count(ended(process), outside=True)
        files = sorted(path for path in scene.journal("out").parent.iterdir() if path.stat().st_size)
        path = rng.choice(files)
        data = bytearray(path.read_bytes())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        again = scene.run("out")
        case.compare(scene.results("out"), scene.wanted, again)
    return case


def _lose(scene: Scene, rng: random.Random, *, rubbish: bool) -> None:
    """What was written after the last segment ended is gone, or other bytes are in its place."""
    import json

    head = json.loads(scene.journal("out").read_text(encoding="utf-8"))
    folder = scene.journal("out").parent
    for path in folder.iterdir():
        number = path.name.split(".")[0]
        if path.suffix == ".npz" and number != str(head["at"]):
            path.write_bytes(rng.randbytes(path.stat().st_size // 2) if rubbish else b"")
        elif path.suffix == ".log":
            _after(path, int(head["logs"][number]), rng, rubbish)
    images = sorted((scene.folder / "out").glob("*.partial/*.png"))
    for path in images:
        if int(path.stem) >= head["at"]:
            path.write_bytes(b"\0" * 100 if rubbish else b"")


def _after(path: Path, length: int, rng: random.Random, rubbish: bool) -> None:
    size = path.stat().st_size
    os.truncate(path, length)
    if rubbish:
        with path.open("ab") as file:
            file.write(rng.randbytes(size - length))
