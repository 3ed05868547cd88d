"""What a user may change about any network that works over a trimap; checked when made."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.core.errors import ConfigError
from vmatte.models.registry import ModelSettings

# Below this nothing of a band of a few px is left.
_LEAST = 64


@dataclass(frozen=True)
class TrimapSettings(ModelSettings):
    """What a user may change about a network that works over a trimap.

    Attributes:
        max_size: Shorter side in px that frames are scaled to before the network, guided upsampling bringing the matte
            back along the full picture's edges; 0 works at full size as long as memory allows.
    """

    max_size: int = 0

    def __post_init__(self) -> None:
        """Checks the values."""
        if self.max_size and self.max_size < _LEAST:
            raise ConfigError(f"model.max_size={self.max_size}: 0 (full size), or {_LEAST} px or more")
