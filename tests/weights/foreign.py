"""A model with weights as another package would bring it: as opaque as its checkpoint's last byte says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vmatte.core.types import Frame, Hints, Layer, Matte
from vmatte.models.registry import Card, ModelSettings, Weights


@dataclass(frozen=True)
class FlatSettings(ModelSettings):
    name: str = "flat"


class Flat:
    size, overlap = 2, 0

    def __init__(self, level: float) -> None:
        self._level = level

    def infer(self, frames: Sequence[Frame], hints: Hints) -> list[Matte]:
        return [
            Matte(frame, (Layer("subject", np.full(frame.rgb.shape[:2], self._level, np.float32)),)) for frame in frames
        ]


def build(settings: ModelSettings, device: str) -> Flat:
    assert settings.weights is not None
    return Flat(settings.weights.read_bytes()[-1] / 255)


def flat(weights: Weights) -> Card:
    return Card(
        name="flat",
        summary="Flat.",
        factory="tests.weights.foreign:build",
        settings=FlatSettings,
        weights=weights,
    )
