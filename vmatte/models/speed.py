"""How fast each model is, as `python -m tools.bench models` measured it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

#: Classes by the seconds that a frame takes at the most; what takes longer is the last. So that each holds some models.
CLASSES = {"fast": 0.6, "medium": 2.0, "slow": 10.0}
SLOWEST = "slowest"


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured.

    Attributes:
        frame: Size of the frames, WIDTHxHEIGHT.
        machine: What it was measured on.
        seconds: Of processor time a frame, by name of the model.
    """

    frame: str
    machine: str
    seconds: Mapping[str, float]


@cache
def measured() -> Measured:
    """The measurements that came with this version; models of other packages are not among them."""
    held: dict[str, Any] = yaml.safe_load((files("vmatte.models") / "measured.yaml").read_text(encoding="utf-8"))
    return Measured(held["frame"], held["machine"], held["seconds"])


def speed_class(seconds: float) -> str:
    """A word for the seconds that a frame takes.

    >>> [speed_class(seconds) for seconds in (0.02, 2, 2.1, 40)]
    ['fast', 'medium', 'slow', 'slowest']
    """
    return next((word for word, most in CLASSES.items() if seconds <= most), SLOWEST)
