"""Fixtures that every test shares."""

import threading

import pytest


@pytest.fixture(autouse=True)
def no_thread_left():
    """Every test must leave no thread of ours behind."""
    yield
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("vmatte-")]
    assert not left, f"threads left running: {left}"
