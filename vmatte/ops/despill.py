"""Light of the screen taken off the subject."""

from __future__ import annotations

import cv2
import numpy as np

from vmatte.ops.unit import Float


def despilled(colour: Float, channel: int) -> Float:
    """`colour` with its key channel held to max(mean of the other two, 0.6 max + 0.4 min of them).

    It changes looks, not truth: what really has the hue of the screen loses it too.

    Args:
        colour: (..., 3) in [0, 1].
        channel: The key channel: 0 red, 1 green, 2 blue.

    >>> import numpy as np
    >>> despilled(np.array([[[0.5, 0.9, 0.3]]], np.float32), 1).round(2).tolist()
    [[[0.5, 0.41999998688697815, 0.30000001192092896]]]
    """
    first, second = (colour[..., other] for other in range(3) if other != channel)
    high, low = np.maximum(first, second), np.minimum(first, second)
    # Of these two limits 0.6 max + 0.4 min is never the lower.
    result = colour.copy()
    np.minimum(colour[..., channel], np.float32(0.6) * high + np.float32(0.4) * low, out=result[..., channel])
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
