"""Drawing examples from the sure parts of a frame, more of them near the subject's edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vmatte.models.recall.memory import EMPTY, Bank
from vmatte.models.recall.ruler import Ruler
from vmatte.ops.morphology import Mask

Floats = NDArray[np.float32]

#: Least weights of an example however far from the edge, by class.
FOREGROUND_FLOOR, BACKGROUND_FLOOR = 0.02, 0.003


def examples(
    count: int, region: Mask, depth: Floats, floor: float, colours: Floats, ruler: Ruler, rng: np.random.Generator
) -> Bank:
    """Draws up to `count` examples from a region, with weight exp(-distance to edge / 25 px) + floor.

    Args:
        count: How many; drawn with repetition, repeats dropped.
        region: (H, W) where they may come from.
        depth: (H, W) distance to the subject's edge; the sign does not matter.
        floor: Least weight.
        colours: (H, W, 3) Lab.
        ruler: Of the picture.
        rng: Where the draws come from.
    """
    where = np.flatnonzero(region)
    if not len(where):
        return EMPTY
    weight = np.exp(np.abs(depth.ravel()[where]) * np.float32(-1 / ruler.px(25))) + np.float32(floor)
    total = np.cumsum(weight, dtype=np.float64)
    drawn = np.searchsorted(total, rng.random(count) * total[-1], side="right")
    # The draw may equal the total by rounding.
    chosen = where[np.unique(np.minimum(drawn, len(where) - 1))]
    rows, columns = np.divmod(chosen, region.shape[1])
    place = np.stack([columns, rows], axis=1).astype(np.float32)
    return Bank(colours.reshape(-1, 3)[chosen], place)
