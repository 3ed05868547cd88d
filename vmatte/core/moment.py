"""Times as people write them."""

from __future__ import annotations

import math


def seconds(text: str) -> float:
    """Seconds from `90`, `1:30` or `0:01:30.0`.

    Raises:
        ValueError: It is no time.

    >>> seconds("90"), seconds("1:30"), seconds("0:01:30.5")
    (90.0, 90.0, 90.5)
    """
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        parts = []
    if not 1 <= len(parts) <= 3 or any(not math.isfinite(part) or part < 0 for part in parts):
        raise ValueError(f"{text!r} is not a time: write seconds, m:s or h:m:s")
    return float(sum(part * 60.0**power for power, part in enumerate(reversed(parts))))
