"""What a user may change about FBA Matting."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.models.image.settings import Procedure
from vmatte.models.trimapped.settings import TrimapSettings


@dataclass(frozen=True)
class FBASettings(TrimapSettings):
    """What a user may change about FBA Matting.

    Attributes:
        procedure: What surrounds the network where a side is no multiple of 8 px: `video` repeats the last row and
            column, `published` resamples picture and trimap, which shifts the edges of the trimap's classes.
    """

    name: str = "fba"
    procedure: Procedure = Procedure.video
