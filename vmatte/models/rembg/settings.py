"""What a user may change about rembg's sessions."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.models.image.settings import Procedure, Stretch
from vmatte.models.registry import ModelSettings


@dataclass(frozen=True)
class RembgSettings(ModelSettings):
    """What a user may change about rembg's sessions; their size is part of the graph.

    Attributes:
        procedure: What surrounds the network: `video`, or `published`, which is rembg's own: frames divided by their
            largest value, each matte stretched, rounded to 8 bits and enlarged by a filter that overshoots.
        stretch: Whether mattes are stretched to reach from 0 to 1; the published procedure always does so.
    """

    procedure: Procedure = Procedure.video
    stretch: Stretch = Stretch.auto
