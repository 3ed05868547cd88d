"""Every check there is, in the order of their speed: `python -m tools.check`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_BIN = Path(sys.executable).parent
# Fixtures of a file are made once.
_BY_FILE = ("--dist", "loadfile")

_CHECKS = (
    ("lint", [_BIN / "ruff", "check", "."]),
    ("format", [_BIN / "ruff", "format", "--check", "."]),
    ("imports", [_BIN / "lint-imports", "--no-logo"]),
    ("types", [_BIN / "mypy"]),
    # A process a core, but no more than memory is likely to hold; each keeps to one thread, see tests/conftest.py.
    ("tests", [_BIN / "pytest", "-q", "-p", "no:cacheprovider", "-n", "logical", "--maxprocesses", "8", *_BY_FILE]),
)


def main() -> int:
    """Runs them all, also after a failure; the number that failed."""
    failed = []
    for name, command in _CHECKS:
        print(f"== {name}", flush=True)
        if subprocess.run([str(word) for word in command], cwd=_ROOT, check=False).returncode:
            failed.append(name)
    print(f"== failed: {', '.join(failed)}" if failed else "== all checks passed", flush=True)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
