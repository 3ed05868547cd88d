"""What a user may change about MatteFormer."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.models.trimapped.settings import TrimapSettings


@dataclass(frozen=True)
class MatteFormerSettings(TrimapSettings):
    """As TrimapSettings."""

    name: str = "matteformer"
