"""Several objects' mattes become one: a stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vmatte.core.keeping import FORGETFUL, Keeper, noted
from vmatte.core.types import Clip, Layer, Matte, Stream


def merge(clip: Clip, mattes: Iterator[Matte], keeper: Keeper = FORGETFUL) -> Stream[Matte]:
    """Adds up coverage, so that two objects that share an edge pixel leave no seam; one layer comes out.

    That is exact where objects exclude each other, as in a label image. Where two masks overlap, soft pixels of what
    they share count twice: a matte of 0.5 in both becomes 1, so its edge moves out by up to half a pixel.
    """
    mattes = noted(mattes, keeper, lambda: ())
    for matte in mattes:
        if len(matte.layers) == 1:
            yield matte
            continue
        total = np.minimum(np.sum([layer.alpha for layer in matte.layers], axis=0, dtype=np.float32), np.float32(1))
        sure = [layer.confidence for layer in matte.layers if layer.confidence is not None]
        dispute = max(layer.dispute for layer in matte.layers)
        yield replace(matte, layers=(Layer("subject", total, None, min(sure) if sure else None, dispute),))
