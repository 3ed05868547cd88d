"""Seeded weights for all tests of the folder."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def small(checkpoint) -> Path:
    """A checkpoint file of the small network."""
    path: Path = checkpoint("u2netp", 3)
    return path
