"""The name that a mistyped one was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def meant(name: str, known: Iterable[str]) -> str:
    """The nearest of the known names as a question with a space behind it; empty when none is near.

    >>> meant("recal", ["recall", "chroma"])
    "did you mean 'recall'? "
    >>> meant("zebra", ["recall", "chroma"])
    ''
    """
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}? " if near else ""
