"""Moving or fixed camera: the subject of a mask, by a memory of its colours and places; no learned weights.

All distances called px in this package are at 360 working rows and scale with the working size. Numbers without
another source are those of this engine's prototype, chosen on six drawn clips with known truth.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.core.errors import ConfigError
from vmatte.models.registry import Card, ModelSettings

# Rows below which mattes fall apart: on a drawn walker 5 rows lose most of it.
FEWEST = 32


@dataclass(frozen=True)
class RecallSettings(ModelSettings):
    """What a user may change about `recall`.

    Attributes:
        work_rows: The shorter side of the picture the engine works on; the matte is enlarged along the full
            picture's edges. 0 works at the clip's own size: twice the time at 720 rows for 7 % less error.
        seed: Of all random draws; the same seed gives the same matte.
        permanent_bank: Whether the colours of the masked frame are kept for the whole clip. Without them
            slow mistakes add up.
        motion_rows: Larger pictures are shrunk to this many rows to measure motion.
    """

    name: str = "recall"
    work_rows: int = 360
    seed: int = 0
    permanent_bank: bool = True
    motion_rows: int = 360

    def __post_init__(self) -> None:
        check_rows(self.work_rows, self.seed)
        if self.motion_rows < FEWEST:
            raise ConfigError(f"model.motion_rows is {self.motion_rows}: use {FEWEST} rows or more")


def check_rows(work_rows: int, seed: int) -> None:
    """Refuses what the engine cannot work with.

    Raises:
        ConfigError: Says which setting, and what it may be.
    """
    if work_rows != 0 and work_rows < FEWEST:
        raise ConfigError(f"model.work_rows is {work_rows}: use 0 (the clip's own size), or {FEWEST} rows or more")
    if seed < 0:
        raise ConfigError(f"model.seed is {seed}: use 0 or more")


CARDS = (
    Card(
        name="recall",
        summary="Follows the subject of a mask, given on any frame, by a memory of colours and places.",
        factory="vmatte.models.recall.matter:build",
        settings=RecallSettings,
        needs=frozenset({"mask"}),
        steady=True,
    ),
)
