"""What the published checkpoints differ in: trunk, size of the picture, order of its tiles. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal


class PatchOrder(Enum):
    """How the tiles of the picture are stacked, outermost first; `auto` takes what a checkpoint was trained with.

    `c_hg_wg`: colour, tile row, tile column, as the authors' code does since 2024-11-05. `wg_hg_c`: tile column, tile
    row, colour, as it did before. Weights of one order run with the other without complaint, and give other mattes.
    """

    auto = "auto"
    c_hg_wg = "c_hg_wg"
    wg_hg_c = "wg_hg_c"


@dataclass(frozen=True, slots=True)
class Variant:
    """One published checkpoint.

    Attributes:
        backbone: Swin-L or Swin-T.
        order: Of the tiles in its training.
        size: (height, width) of the picture in its training; None when it was trained on many.
    """

    backbone: Literal["large", "tiny"]
    order: PatchOrder
    size: tuple[int, int] | None = (1024, 1024)


# The order follows from the date of publication against that of the change; for the lite weights a comparison of their
# published ONNX export with both orders confirms it. ToonOut continues the general weights with the new code.
_OLD, _NEW = PatchOrder.wg_hg_c, PatchOrder.c_hg_wg
VARIANTS = {
    "birefnet": Variant("large", _OLD),
    "birefnet.512": Variant("large", _NEW, (512, 512)),
    "birefnet.dynamic": Variant("large", _NEW, None),
    "birefnet.dynamic-matting": Variant("large", _NEW, None),
    "birefnet.hr": Variant("large", _NEW, (2048, 2048)),
    "birefnet.hr-matting": Variant("large", _NEW, (2048, 2048)),
    "birefnet.lite": Variant("tiny", _OLD),
    "birefnet.lite-2k": Variant("tiny", _OLD, (1440, 2560)),
    "birefnet.lite-matting": Variant("tiny", _NEW),
    "birefnet.matting": Variant("large", _OLD),
    "birefnet.portrait": Variant("large", _OLD),
    "toonout": Variant("large", _NEW),
}
