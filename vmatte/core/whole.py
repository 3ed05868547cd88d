"""Texts that have their final name only when they are complete and on the disk."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Writes or replaces a text file, or leaves what was there; its folder is made if need be.

    Until it is complete it is called `NAME.partial`; so is what an error leaves behind.

    Args:
        path: The file.
        text: Written as UTF-8, line ends as they are.

    Raises:
        OSError: It cannot be written.
    """
    if path.exists() and not path.is_file():
        # A pipe or a terminal is written to as it is.
        path.write_text(text, encoding="utf-8", newline="")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
