"""Clips that are damaged, cut short, or change while they are read."""

from __future__ import annotations

import os
import random
import signal
import time

import av

from tools.faults.case import Case
from tools.faults.command import Said, ended, ran, results, started, wait_until
from tools.faults.scene import Scene, write_clip


def _attempt(scene: Scene, case: Case, name: str, data: bytes) -> Said:
    """A run over other bytes; what comes out of damaged ones is not compared, but must be whole or not there."""
    scene.forget("out")
    (scene.folder / name).write_bytes(data)
    words = [name if word == "clip.mp4" else word for word in scene.command("out")]
    said = ran(words, scene.folder)
    case.count(said)
    found = results(scene.folder / "out")
    if said.code != 0 and found:
        case.wrong += len(found)
    return said


def corrupted(scene: Scene, count: int, seed: int = 6) -> Case:
    """Packets overwritten with rubbish."""
    case, rng = Case("packets overwritten with rubbish"), random.Random(seed)
    with av.open(str(scene.clip)) as file:
        packets = [(packet.pos or 0, packet.size) for packet in file.demux(video=0) if packet.size]
    for _ in range(count):
        data = bytearray(scene.clip.read_bytes())
        for place, size in rng.sample(packets, 3):
            data[place : place + size] = rng.randbytes(size)
        _attempt(scene, case, "bad.mp4", bytes(data))
    return case


def truncated(scene: Scene, count: int, seed: int = 7) -> Case:
    """Files cut short: an MP4 whose index is at its front, and a Matroska file."""
    case, rng = Case("files cut short"), random.Random(seed)
    for trial in range(count):
        suffix = ("mp4", "mkv")[trial % 2]
        whole = scene.folder / f"front.{suffix}"
        _remuxed(scene, whole, {"movflags": "faststart"} if suffix == "mp4" else {})
        data = whole.read_bytes()
        _attempt(scene, case, f"cut.{suffix}", data[: rng.randrange(len(data) // 8, len(data) - 64)])
    return case


def _remuxed(scene: Scene, path: os.PathLike[str], options: dict[str, str]) -> None:
    with av.open(str(scene.clip)) as source, av.open(os.fspath(path), "w", container_options=options) as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)


def changing(scene: Scene, count: int) -> Case:
    """The clip is replaced by another while it is read, or after the run was killed."""
    case = Case("the clip changes during the run, or between two")
    whole = scene.clip.read_bytes()
    for trial in range(count):
        scene.forget("out")
        process = started(scene.command("out"), scene.folder)
        wait_until(scene.journal("out"), process)
        if trial % 2:
            process.send_signal(signal.SIGKILL)
            process.wait()
        write_clip(scene.folder / "other.mp4", scene.frames, sound=False)
        (scene.folder / "other.mp4").replace(scene.clip)
        said = ended(process)
        case.count(said, outside=bool(trial % 2))
        case.wrong += 0 if said.code == 0 else len(scene.results("out"))
        if said.code == 0 and scene.results("out") != scene.wanted:
            case.wrong += 1
        # The other clip's own results: nothing of what was made of the first one may be in them.
        scene.forget("clean")
        scene.run("clean")
        if said.code != 0:
            again = scene.run("out")
            case.compare(scene.results("out"), scene.results("clean"), again)
            case.resumed += "is not gone on with" in again.text and "going on at frame" in again.text
        scene.clip.write_bytes(whole)
        time.sleep(0.01)
    return case
