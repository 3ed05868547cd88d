"""The command line in a process of its own, watched."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
#: Seconds after which a command is taken to hang; the longest here take a tenth of that on a busy machine.
PATIENCE = 300.0
_APART = (".json", ".csv", ".publishing")


@dataclass(frozen=True)
class Said:
    """How a command ended.

    Attributes:
        code: Its exit code; negative for a signal, None when it hung and was ended.
        text: What it printed.
    """

    code: int | None
    text: str

    @property
    def clear(self) -> bool:
        """Whether it failed with one line that says why, and nothing else that looks like an accident."""
        errors = [line for line in self.text.splitlines() if line.startswith("vmatte: error:")]
        return self.code not in (0, None) and len(errors) == 1 and not self.accident

    @property
    def accident(self) -> bool:
        """Whether something was printed that is not meant for a user."""
        return any(sign in self.text for sign in ("Traceback", "internal error", "Exception ignored", "Warning:"))


def environment(home: Path) -> dict[str, str]:
    """Of a command: one thread for array operations, and no store of weights but its own."""
    ours = {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "VMATTE_HOME": str(home), "VMATTE_OFFLINE": "1"}
    return {**os.environ, **ours, "PYTHONWARNINGS": "default"}


def started(words: Sequence[object], folder: Path, extra: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """`python -m ...` in a folder, as a group of processes of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, words)],
        cwd=folder,
        env={**environment(folder / "home"), **(extra or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str], patience: float = PATIENCE) -> Said:
    """Waits for it."""
    try:
        text, _ = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        process.kill()
        text, _ = process.communicate()
        return Said(None, text)
    return Said(process.returncode, text)


def ran(words: Sequence[object], folder: Path, extra: Mapping[str, str] | None = None) -> Said:
    """`started`, waited for."""
    return ended(started(words, folder, extra))


def wait_until(there: Path, process: subprocess.Popen[str], patience: float = PATIENCE) -> bool:
    """Whether a file appeared before the process ended."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.poll() is None:
        if there.exists():
            return True
        time.sleep(0.005)
    return there.exists()


def results(folder: Path) -> dict[str, str]:
    """Hashes of everything that has a final name; reports say how long things took and are left out."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        name = str(path.relative_to(folder))
        apart = any(sign in name for sign in (".partial", ".journal/")) or path.suffix in _APART
        if path.is_file() and not apart:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
