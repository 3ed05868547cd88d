"""Fixed or hand-held camera, the empty scene known: what is not in it, shadows aside; no weights."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.models.plate import Align
from vmatte.models.recall import check_rows
from vmatte.models.registry import Card, ModelSettings

__all__ = ["CARDS", "Align", "DifferenceSettings"]


@dataclass(frozen=True)
class DifferenceSettings(ModelSettings):
    """What a user may change about `difference`.

    Attributes:
        align: `auto` moves the plate when the camera has moved and leaves it alone while it stands still;
            `homography` fits it anew in every frame; `flow` bends it besides, for scenes with depth, which `auto` does
            where it must; `none` takes it as it is.
        shadow: Whether cast shadows count as background. Dark see-through hair before a plain bright wall looks
            like one: turn it off there.
        work_rows: The shorter side of the picture the engine works on; 0 works at the clip's own size.
        seed: Of all random draws; the same seed gives the same matte.
    """

    name: str = "difference"
    align: Align = Align.auto
    shadow: bool = True
    work_rows: int = 360
    seed: int = 0

    def __post_init__(self) -> None:
        check_rows(self.work_rows, self.seed)


CARDS = (
    Card(
        name="difference",
        summary="Finds what is not in the empty scene, shadows aside; makes the plate itself if the camera is fixed.",
        factory="vmatte.models.difference.matter:build",
        settings=DifferenceSettings,
        needs=frozenset({"plate"}),
        takes=frozenset({"mask"}),
        preflight="vmatte.models.difference.preflight:look",
        steady=True,
    ),
)
