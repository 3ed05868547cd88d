"""What of the program's own log a terminal shows."""

from __future__ import annotations

import logging


def speak(verbose: bool) -> None:
    """Shows errors, or with `verbose` everything; warnings are heard in any case, by the reports that list them."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.INFO if verbose else logging.ERROR)
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="vmatte: %(message)s", handlers=[handler])
