"""The model of a worker: loaded once, and again only when a job asks for another."""

from __future__ import annotations

from dataclasses import dataclass, field

from vmatte.core.types import Matter
from vmatte.models.lift import load_model
from vmatte.models.registry import ModelSettings


@dataclass
class Warm:
    """Loads models as `load_model` does and keeps the last one. Not for two jobs at a time."""

    _key: object = None
    _matter: Matter | None = field(default=None, repr=False)

    def __call__(self, settings: ModelSettings, device: str, precision: str) -> Matter:
        """The model of these settings.

        Raises:
            ConfigError, WeightsError: As `load_model`.
        """
        key = (settings, device, precision, _stamp(settings))
        if self._matter is None or self._key != key:
            # What was there goes first: two models may not fit.
            self.cool()
            self._matter, self._key = load_model(settings, device, precision), key
        return self._matter

    def cool(self) -> None:
        """Lets go of the model, whatever state a failure has left it in."""
        self._matter = self._key = None


def _stamp(settings: ModelSettings) -> tuple[int, int] | None:
    """By which a file of weights is known that was replaced under its name."""
    try:
        facts = None if settings.weights is None else settings.weights.stat()
    except OSError:
        return None
    return None if facts is None else (facts.st_size, facts.st_mtime_ns)
