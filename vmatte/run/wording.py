"""Scores in words: how a figure is printed, which frame is worst, and what the metrics without truth see."""

from __future__ import annotations

from vmatte.metrics.series import Series, Value
from vmatte.run.standing import HIGHER

NOT_KNOWN = "n/a"

#: What the metrics without truth see, which no paper explains.
ABOUT = {
    "TRF": "flicker of edges",
    "WE": "change motion does not explain",
    "CF": "flicker away from edges",
    "LAG": "frames behind the picture",
    "PCE": "misfit with the picture's edges",
}


def figure(value: Value) -> str:
    """Four digits, or n/a.

    >>> figure(None), figure(0.0), figure(31.9943), figure(0.03663), figure(41443.9)
    ('n/a', '0', '31.99', '0.03663', '41444')
    """
    if value is None:
        return NOT_KNOWN
    if value == 0:
        return "0"
    return f"{value:.0f}" if abs(value) >= 10000 else f"{value:.4g}"


def worst(found: Series) -> str:
    """The frame that stands out most, and its value."""
    there = {frame: value for frame, value in enumerate(found.per_frame) if value is not None}
    if not there or found.name == "coverage":
        return ""
    higher = found.name in HIGHER
    frame = (min if higher else max)(there, key=lambda each: there[each] if higher else abs(there[each]))
    return f"{frame}: {figure(there[frame])}"
