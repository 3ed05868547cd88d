"""A run on a disk of so many bytes, and again with room: `python -m tools.faults.cramped BYTES FOLDER WORDS...`.

To be run by `unshare -rm`, as whose root it mounts a memory disk that nobody else sees. Prints what each run said, and
the results, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tools.faults.command import ran, results


def main() -> None:
    """Mounts, runs, makes room, runs again."""
    size, folder, words = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    out = folder / "small"
    out.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(out)], check=True)
    first = ran([*words, "--out", "small/out"], folder)
    there = results(out / "out")
    subprocess.run(["mount", "-o", "remount,size=512m", "none", str(out)], check=True)
    second = ran([*words, "--out", "small/out"], folder)
    said = [[each.code, each.text] for each in (first, second)]
    print("\n" + json.dumps({"said": said, "first": there, "second": results(out / "out")}))


if __name__ == "__main__":
    main()
