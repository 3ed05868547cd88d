"""Whatever a model raises becomes an error that names the frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vmatte.core.errors import ModelError, VmatteError
from vmatte.core.types import Frame


@contextmanager
def naming(frame: Frame) -> Iterator[None]:
    """Turns whatever a model raises into a ModelError that names the frame."""
    try:
        yield
    except VmatteError:
        raise
    except MemoryError as error:
        raise ModelError(f"out of memory at frame {frame.index}: lower the model's working size with --set") from error
    except Exception as error:
        raise ModelError(f"the model failed at frame {frame.index}: {type(error).__name__}: {error}") from error
