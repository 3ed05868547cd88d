"""Whether the picture agrees with a correction: a matte that fits its own frame is left to it.

Flow errs most where mattes are hardest, so that exact mattes seem to flicker there. The frame itself tells: a correct
edge follows the colours of its windows, and moving it away from them leaves more of alpha unexplained.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.ops.colour_line import Statistics, fit
from vmatte.stages.smooth.brought import COARSE

Floats = NDArray[np.float32]

# Neighbourhoods that are judged: sigma in px of a picture of 180 rows. Of 3 and 8 px the smaller lowers MAD more.
_AROUND, _BODY = 3.0, 6.0
# Share of alpha's variance that a correction must explain better for it to begin and to be whole.
_BETTER = (0.0, 0.03)
# By how much that is lowered for each px that the clip flickers beyond what an exact matte may: the more often a matte
# was wrong, the less its own frame is believed.
_DOUBT, _EXACT = 3.0, 0.04
# What lies inside and outside by the median in time, and which alpha is settled there: a matte that is solid already is
# not thinned because its neighbours are thin. That holds for small corrections; a hole is a large one.
_INSIDE, _OUTSIDE, _SETTLED, _SMALL = (0.7, 0.9), (0.02, 0.1), (0.01, 0.05), (0.03, 0.1)
# Share of the neighbours' matte that is there: below it, the frame has lost the subject and nothing of its own to say.
_LOST = (0.4, 0.6)
_TINY = np.float32(1e-5)


def agreed(seen: Statistics, alpha: Floats, proposed: Floats, base: Floats, level: float) -> Floats:
    """How far the picture agrees with each pixel's correction.

    Args:
        seen: Colour statistics of the frame.
        alpha: (h, w) its matte.
        proposed: (h, w) the matte its neighbours suggest.
        base: (h, w) the median of it and its neighbours.
        level: How much the clip flickers as a whole, px at 180 rows.

    Returns:
        (h, w) in [0, 1].
    """
    unit = max(min(alpha.shape), 2 * COARSE) / (2 * COARSE)
    now, then = (fit(matte, seen) for matte in (alpha, proposed))
    now_varied, now_left, then_varied, then_left = (
        _blurred(cast("Floats", part), _AROUND * unit) for part in (now.varied, now.left, then.varied, then.left)
    )
    doubt = _DOUBT * max(level - _EXACT, 0)
    better = now_left / (now_varied + _TINY) - then_left / (then_varied + _TINY) + np.float32(doubt)
    agreement = _ramp(np.asarray(better, np.float32), *_BETTER) * (1 - _settled(alpha, proposed, base))
    here, usual = (_blurred(matte, _BODY * unit) for matte in (alpha, base))
    lost = 1 - _ramp(np.asarray(here / np.maximum(usual, np.float32(0.05)), np.float32), *_LOST)
    lost[usual < 0.05] = 0
    return np.asarray(np.maximum(agreement, lost), np.float32)


def _settled(alpha: Floats, proposed: Floats, base: Floats) -> Floats:
    solid = _ramp(base, *_INSIDE) * (1 - _ramp(1 - alpha, *_SETTLED))
    empty = (1 - _ramp(base, *_OUTSIDE)) * (1 - _ramp(alpha, *_SETTLED))
    return (solid + empty) * (1 - _ramp(np.abs(proposed - alpha), *_SMALL))


def _ramp(values: Floats, low: float, high: float) -> Floats:
    share = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _blurred(values: Floats, sigma: float) -> Floats:
    return cast("Floats", cv2.GaussianBlur(values, (0, 0), sigma))
