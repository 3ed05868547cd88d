"""vmatte: video matting as one stream, clips in, steady alpha and ProRes 4444 out.

    import vmatte
    report = vmatte.process("walk.mp4", masks=["first.png"], out="done", overrides=["outputs=[alpha]"])

    matter = vmatte.load_model("recall")                    # frames in, mattes out
    hints = vmatte.Hints({"mask": vmatte.Maps({0: mask})})  # mask: (H, W) uint8, 255 is subject, for frame 0
    with vmatte.open_source("walk.mp4") as source:
        for matte in matter.mattes(source.clip, hints, source.frames()):
            ...                                             # matte.alpha: (H, W) float32

Names are imported when first used, so `import vmatte` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vmatte.config.process import process
    from vmatte.core.errors import VmatteError
    from vmatte.core.types import Clip, Frame, Hints, Layer, Matte
    from vmatte.hints.arrays import Maps
    from vmatte.io.open import open_source
    from vmatte.models.lift import load_model
    from vmatte.models.registry import card, cards
    from vmatte.run.report import Report

_HOMES = {
    "Clip": "core.types",
    "Frame": "core.types",
    "Hints": "core.types",
    "Layer": "core.types",
    "Maps": "hints.arrays",
    "Matte": "core.types",
    "Report": "run.report",
    "VmatteError": "core.errors",
    "card": "models.registry",
    "cards": "models.registry",
    "load_model": "models.lift",
    "open_source": "io.open",
    "process": "config.process",
}

__version__ = "0.1.0"

__all__ = [
    "Clip",
    "Frame",
    "Hints",
    "Layer",
    "Maps",
    "Matte",
    "Report",
    "VmatteError",
    "card",
    "cards",
    "load_model",
    "open_source",
    "process",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  whatever the name stands for
    if name not in _HOMES:
        raise AttributeError(f"module 'vmatte' has no attribute {name!r}")
    return getattr(importlib.import_module(f"vmatte.{_HOMES[name]}"), name)
