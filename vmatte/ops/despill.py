"""Light of the screen taken off the subject."""

from __future__ import annotations

import cv2
import numpy as np

from vmatte.ops.unit import Float

# Share of the larger of the two other channels in the limit; the rest is the smaller's.
DESPILLS = {"limit": 1.0, "balanced": 0.6, "average": 0.5, "strong": 0.0}


def despilled(colour: Float, channel: int, method: str = "balanced") -> Float:
    """`colour` with its key channel held to what the other two allow.

    It changes looks, not truth: what really has the hue of the screen loses it too. From weak to strong the limits are
    `limit`, the larger of the other two (Van den Bergh and Lalioti 1999, "Software chroma keying in an immersive
    virtual environment"); `balanced`, 0.6 of the larger and 0.4 of the smaller; `average`, their mean; `strong`, the
    smaller.

    Args:
        colour: (..., 3) in [0, 1].
        channel: The key channel: 0 red, 1 green, 2 blue.
        method: One of `DESPILLS`.

    >>> import numpy as np
    >>> despilled(np.array([[[0.5, 0.9, 0.3]]], np.float32), 1).round(2).tolist()
    [[[0.5, 0.41999998688697815, 0.30000001192092896]]]
    """
    first, second = (colour[..., other] for other in range(3) if other != channel)
    high, low = np.maximum(first, second), np.minimum(first, second)
    share = np.float32(DESPILLS[method])
    result = colour.copy()
    np.minimum(colour[..., channel], share * high + (1 - share) * low, out=result[..., channel])
    return result


def difference(image: Float, channel: int) -> Float:
    """How much the key channel stands out: it, less 0.75 max + 0.25 min of the other two.

    Args:
        image: (H, W, 3) in [0, 1].
        channel: The key channel: 0 red, 1 green, 2 blue.

    >>> import numpy as np
    >>> difference(np.array([[[0.2, 0.8, 0.4]]], np.float32), 1).round(2).tolist()
    [[0.44999998807907104]]
    """
    planes = list(cv2.split(image))
    key = planes.pop(channel)
    high, low = cv2.max(*planes), cv2.min(*planes)
    return cv2.addWeighted(cv2.addWeighted(high, -0.75, low, -0.25, 0), 1, key, 1, 0).astype(np.float32, copy=False)
