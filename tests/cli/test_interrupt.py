"""Ctrl-C while code is still being imported: one line, exit code 130, no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Sends itself a signal when a module is looked for, as a user does whose patience ends during imports.
SCRIPT = """
import signal, sys
module, number = sys.argv[1], getattr(signal, sys.argv[2])
del sys.argv[1:3]

class Impatient:
    def find_spec(self, name, *_):
        if name == module:
            signal.raise_signal(number)

sys.meta_path.insert(0, Impatient())
from vmatte.cli.__main__ import main
main()
"""


def ended(module: str, name: str, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", before + SCRIPT, module, name, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("module", "name", "arguments"),
    [
        ("vmatte.cli.interrupt", "SIGINT", ["--version"]),
        ("click", "SIGINT", ["--version"]),
        ("vmatte.cli.config", "SIGTERM", ["config"]),
        ("hydra", "SIGINT", ["config"]),
        ("numpy._core._multiarray_umath", "SIGINT", ["process", "no.mp4"]),
    ],
)
def test_an_interrupt_during_imports_ends_quietly(module, name, arguments):
    process = ended(module, name, *arguments)
    assert process.returncode == 130, process.stderr
    assert "Traceback" not in process.stderr
    assert "KeyboardInterrupt" not in process.stderr
    assert process.stdout == ""


def test_a_signal_that_is_ignored_stays_ignored():
    """`nohup` has the closed terminal ignored."""
    before = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    process = ended("vmatte.cli.main", "SIGHUP", "--version", before=before)
    assert process.returncode == 0, process.stderr
    assert "version" in process.stdout
