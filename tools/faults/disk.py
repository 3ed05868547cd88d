"""Disks that are full, and files that cannot be read to their end."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.faults.case import Case
from tools.faults.command import PATIENCE, Said, environment, ran
from tools.faults.scene import Scene

# Put before the C library: reads of one file fail after so many of its bytes, as on a bad disk.
_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static ssize_t (*real)(int, void *, size_t);
ssize_t read(int file, void *into, size_t count) {
    char link[64], name[4096];
    const char *wanted = getenv("BAD_FILE"), *from = getenv("BAD_FROM");
    if (!real) real = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (wanted && from && length > 0) {
        name[length] = 0;
        long left = atol(from) - lseek(file, 0, SEEK_CUR);
        if (!strcmp(name, wanted) && left <= 0) { errno = EIO; return -1; }
        if (!strcmp(name, wanted) && (size_t)left < count) count = left;
    }
    return real(file, into, count);
}
"""


def full(scene: Scene, count: int, seed: int = 4) -> Case:
    """A disk that is full at a random place of the run, then has room again."""
    case, rng = Case("disk full (tmpfs), then room again"), random.Random(seed)
    if shutil.which("unshare") is None:
        case.note = "not run: no unshare here"
        return case
    most = sum(path.stat().st_size for path in (scene.folder / "whole").rglob("*") if path.is_file())
    for _ in range(count):
        size = rng.randrange(16384, 4 * most)
        said = _cramped(scene, size)
        if said is None:
            case.note = "not run: no memory disk can be mounted here"
            return case
        first, second = (Said(code, text) for code, text in said["said"])
        case.count(first)
        case.compare(said["first"], scene.wanted)
        if first.code != 0:
            case.compare(said["second"], scene.wanted, second)
    return case


def _cramped(scene: Scene, size: int) -> dict[str, Any] | None:
    # Runs that the disk cannot hold do not start; here the disk fills up later, as others write to it.
    words = ["unshare", "-rm", sys.executable, "-m", "tools.faults.cramped", str(size), str(scene.folder)]
    words += [*scene.words, "--ignore-space"]
    done = subprocess.run(
        words, env=environment(scene.folder / "home"), capture_output=True, text=True, check=False, timeout=2 * PATIENCE
    )
    if done.returncode != 0:
        return None
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def unreadable(scene: Scene, count: int, seed: int = 5) -> Case:
    """Reads that fail from a random place of the clip on, then succeed again."""
    case, rng = Case("read error (EIO) in the middle of the clip"), random.Random(seed)
    shim = _built(scene.folder)
    if shim is None:
        case.note = "not run: no C compiler here"
        return case
    size = scene.clip.stat().st_size
    for _ in range(count):
        scene.forget("out")
        place = str(rng.randrange(size // 4, size))
        extra = {"LD_PRELOAD": str(shim), "BAD_FILE": str(scene.clip), "BAD_FROM": place}
        case.count(ran(scene.command("out"), scene.folder, extra))
        case.compare(scene.results("out"), scene.wanted)
        if not scene.results("out"):
            again = scene.run("out")
            case.compare(scene.results("out"), scene.wanted, again)
    return case


def _built(folder: Path) -> Path | None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    source, shim = folder / "bad_disk.c", folder / "bad_disk.so"
    source.write_text(_SHIM, encoding="ascii")
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", str(shim), str(source), "-ldl"], check=False, capture_output=True
    )
    return shim if done.returncode == 0 else None
