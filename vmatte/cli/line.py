"""Words for one line of output."""

from __future__ import annotations


def one_line(error: BaseException | str) -> str:
    """An error's text and what was noted on its way, without line breaks."""
    return " ".join("; ".join([str(error), *getattr(error, "__notes__", ())]).split())


def counted(count: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "job"), counted(2, "job")
    ('1 job', '2 jobs')
    """
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
