"""Mutated media files through `vmatte process`: each must end in success or in one clear error.

Files go through a process of their own in batches (`python -m tools.faults.fuzz FOLDER FIRST LAST`), which says of each
one how it ended; whoever started it notices when it dies or hangs, and goes on behind the file that did it.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

import av
import cv2
import numpy as np

from tools.faults.case import Case
from tools.faults.command import Said, environment, results
from tools.faults.scene import SIZE, write_clip
from tools.synth.codec import tagged

# Seconds for one file, on a busy machine; the slowest take two.
_PATIENCE = 60.0
_FRAMES = 6
# Files after which open files and threads must be no more than before.
_WARM = 5


def seeds(folder: Path) -> list[Path]:
    """Small files of every family that a decoder is made for."""
    plain = write_clip(folder / "h264.mp4", _FRAMES)
    found = [plain]
    for name, container, codec, layout in (
        ("h264.mkv", "matroska", "libx264", "yuv420p"),
        ("h264.ts", "mpegts", "libx264", "yuv420p"),
        ("vp9.webm", "webm", "libvpx-vp9", "yuv420p"),
        ("prores.mov", "mov", "prores_ks", "yuva444p10le"),
        ("ffv1.mkv", "matroska", "ffv1", "yuv420p"),
        ("mjpeg.avi", "avi", "mjpeg", "yuvj420p"),
        ("hevc.mp4", "mp4", "libx265", "yuv420p"),
        ("gif.gif", "gif", "gif", "rgb8"),
    ):
        found.append(_written(folder / name, container, codec, layout))
    return [*found, _image(folder / "one.png"), _image(folder / "one.jpg")]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One file made from another by one to four accidents."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        if not changed:
            break
        place = rng.randrange(len(changed))
        length = rng.randint(1, max(1, len(changed) // 8))
        accident = rng.randrange(7)
        if accident == 0:
            changed[place] ^= 1 << rng.randrange(8)
        elif accident == 1:
            changed[place : place + length] = rng.randbytes(min(length, len(changed) - place))
        elif accident == 2:
            del changed[place : place + length]
        elif accident == 3:
            del changed[place:]
        elif accident == 4:
            changed[place:place] = changed[place : place + length]
        elif accident == 5:
            # Lengths and counts are big-endian numbers: the largest ones are the worst.
            changed[place : place + 4] = rng.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0"))
        else:
            other = rng.randrange(len(changed))
            changed[place : place + length] = changed[other : other + length]
    return bytes(changed)


def files(folder: Path, seed: int, first: int, last: int) -> Iterator[tuple[int, Path]]:
    """The mutated files of these numbers; a number and a seed always give the same file."""
    held = seeds(folder / "seeds")
    for number in range(first, last):
        rng = random.Random(f"{seed}/{number}")
        source = held[number % len(held)]
        path = folder / f"{number}{source.suffix}"
        path.write_bytes(mutated(source.read_bytes(), rng))
        yield number, path


def fuzz(folder: Path, count: int, seed: int = 8) -> Case:
    """Runs so many files through."""
    case = Case(f"mutated media files (seed {seed})")
    (folder / "seeds").mkdir(parents=True)
    done, most = 0, 0.0
    while done < count:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.faults.fuzz", str(folder), str(done), str(count), str(seed)],
            env=environment(folder / "home"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        for line in _lines(process):
            told = json.loads(line)
            case.count(Said(told["code"], told["text"]))
            case.wrong += told["left"]
            most = max(most, told["seconds"])
            if told["grown"]:
                case.oddities.append(f"file {told['number']} leaves {told['grown']}")
            done = told["number"] + 1
        hung = process.poll() is None
        process.kill()
        if process.wait() != 0 and done < count:
            case.trials += 1
            case.hangs += hung
            case.accidents += not hung
            case.oddities.append(f"file {done}: {'hangs' if hung else f'process ended with {process.returncode}'}")
            done += 1
    case.note = f"slowest file {most:.1f} s"
    return case


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """What a process prints, line by line, until it ends or says nothing for too long."""
    told: SimpleQueue[str | None] = SimpleQueue()
    assert process.stdout is not None

    def read(stream: IO[str]) -> None:
        with stream:
            for line in stream:
                told.put(line)
        told.put(None)

    threading.Thread(target=read, args=(process.stdout,), daemon=True).start()
    with contextlib.suppress(Empty):
        while (line := told.get(timeout=_PATIENCE)) is not None:
            yield line


def _each(folder: Path, first: int, last: int, seed: int) -> None:
    """Runs files in this process, and says of each how it ended."""
    from vmatte.cli.main import main

    level: tuple[int, int] | None = None
    for number, path in files(folder, seed, first, last):
        text, began = io.StringIO(), time.monotonic()
        words = ["process", path, "--model", "chroma", "--output", "alpha", "--quiet", "--out", folder / "out"]
        with contextlib.redirect_stderr(text), contextlib.redirect_stdout(text):
            try:
                main([str(word) for word in words])
            except SystemExit as ended:
                code = int(ended.code or 0)
        logging.getLogger().handlers.clear()
        found = results(folder / "out")
        left = len(found) if code else int(len(found) != 1)
        shutil.rmtree(folder / "out", ignore_errors=True)
        path.unlink()
        now = (len(list(Path("/proc/self/fd").iterdir())), threading.active_count())
        grown = ""
        if number - first >= _WARM:
            level = level or now
            grown = f"{now[0] - level[0]} files and {now[1] - level[1]} threads open" if now > level else ""
        told = {"number": number, "code": code, "text": text.getvalue(), "left": left, "grown": grown}
        print(json.dumps({**told, "seconds": time.monotonic() - began}), flush=True)


def _written(path: Path, container: str, codec: str, layout: str) -> Path:
    with av.open(str(path), "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = *SIZE, layout
        stream.options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        for index in range(_FRAMES):
            frame = tagged(_picture(index)).reformat(format=layout)
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def _image(path: Path) -> Path:
    cv2.imwrite(str(path), _picture(0))
    return path


def _picture(index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    picture = np.full((SIZE[1], SIZE[0], 3), (40, 170, 70), np.uint8)
    picture[10:, 8 + 3 * index : 30 + 3 * index] = 120
    return picture


if __name__ == "__main__":
    _each(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
