"""An error as one line."""

from __future__ import annotations


def one_line(error: BaseException) -> str:
    """Its text and what was noted on its way, without line breaks."""
    return " ".join("; ".join([str(error), *getattr(error, "__notes__", ())]).split())
