"""What can be written here: every output is tried on two small pictures and read back, a list proves nothing."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from vmatte.core.errors import OutputError
from vmatte.core.types import Clip, Picture
from vmatte.io.writers import open_writer, output_path

_SIDE = 32


# Outputs that could be written; a refusal may have passed the next time, like a full disk.
_WORKING: set[str] = set()


def refusal(name: str) -> str | None:
    """Why the output called `name` cannot be written here; None when it can."""
    if name in _WORKING:
        return None
    said = _tried(name)
    if said is None:
        _WORKING.add(name)
    return said


def _tried(name: str) -> str | None:
    clip = Clip(Path("probe"), _SIDE, _SIDE, Fraction(25), Fraction(1, 25))
    ramp = np.tile(np.linspace(0, 1, _SIDE, dtype=np.float32), (_SIDE, 1))
    colour = np.full((_SIDE, _SIDE, 3), 120, np.uint8)
    with tempfile.TemporaryDirectory(prefix="vmatte-probe-") as folder:
        try:
            with open_writer(name, output_path(Path(folder), "probe", name), clip, options={"workers": 1}) as writer:
                for index in range(2):
                    writer.write(Picture(index, index, 1, colour, ramp if index else 1 - ramp))
                writer.finish()
        except OutputError as error:
            return " ".join(str(error).replace(f"{folder}/", "").split())
    return None
