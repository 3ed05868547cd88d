"""Asks again, pixel by pixel, where a thin faint thing appears that was not there before.

The coarse read-out between a bright and a dark line of the background knows neither as well as the line itself, and
the line's own colours pass for a mixture with a dark subject: streaks grow along it. Its colour is in the memory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vmatte.models.recall.memory import Bank
from vmatte.models.recall.opinion import Opinion, keys
from vmatte.models.recall.ruler import Ruler
from vmatte.ops.knn import grouped_nearest
from vmatte.ops.morphology import Mask, dilate, opened

Floats = NDArray[np.float32]

#: Lab distance at which a pixel equals something known of the background.
ALIKE = 4.0


def second_look(view: Opinion, prior: Floats, colours: Floats, background: Bank, ruler: Ruler) -> Opinion:
    """The opinion with thin new soft parts taken back where they equal a remembered background pixel nearby.

    Args:
        view: The opinion.
        prior: (H, W) what was there before.
        colours: (H, W, 3) Lab.
        background: Everything known of it.
        ruler: Of the picture.
    """
    rows, columns = np.nonzero(_questionable(view.alpha, prior, ruler))
    if not len(rows):
        return view
    colour = colours[rows, columns]
    place = np.stack([columns, rows], axis=1).astype(np.float32)
    index, _ = grouped_nearest(keys(colour, place, ruler), keys(background.colour, background.place, ruler), groups=1)
    gap = np.square(background.colour[index[:, 0]] - colour).sum(1)
    alpha = view.alpha.copy()
    alpha[rows, columns] *= 1 - np.exp(gap * np.float32(-1 / (2 * ALIKE**2)))
    return view._replace(alpha=alpha)


def _questionable(alpha: Floats, prior: Floats, ruler: Ruler) -> Mask:
    """Soft, new and thin; a limb that swings into view is thick."""
    thick = dilate(opened((alpha > 0.4) & (prior < 0.5), ruler.radius(2.5)), ruler.radius(2))
    return (alpha > 0.05) & (alpha < 0.9) & (prior < 0.3) & ~thick
