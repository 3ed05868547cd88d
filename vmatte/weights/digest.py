"""SHA-256 of files."""

from __future__ import annotations

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """In lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def differ(expected: str, found: str) -> str:
    """Two hashes that should be one, in words."""
    return f"its hash is sha256:{found}, not sha256:{expected.lower()}"
