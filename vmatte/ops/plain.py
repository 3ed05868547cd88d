"""Alpha before a plain backdrop of any colour, white and black included, where no channel stands out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha
from vmatte.ops.backing import rooted
from vmatte.ops.keyer import Keyed, coloured, gamut_bound
from vmatte.ops.soft_edge import solid_colours, unmix
from vmatte.ops.unit import Float, farthest, floats

# Background is what differs by less than this, or by less than so many sigma of the backdrop. H.264 at CRF 20 leaves
# errors of 0.02 beside an edge.
_LOW, _SIGMAS = 0.03, 4.0
# A pixel is past the edge when something as much stronger lies between it and the backdrop: twice the same error.
_PAST = 0.05
# Alpha from which a pixel counts as solid: the end of the usual ramp of a colour-difference key.
_FULL = np.float32(0.97)
# What still may be the codec's ringing when it touches the background: twice as much again.
_RINGING = 0.12
# Pixels that background grows into corners.
_STEPS = 3


def plain_keyed(image: Float, screen: Float, noise: float, edge: float, keep: bool) -> Keyed:
    """Alpha and foreground before a plain backdrop.

    Background is what has the backdrop's colour and, with `keep`, is connected to the border of the frame: the white of
    an eye stays. Farther than `edge` from it everything is solid. Between, pixels are unmixed against the solid colours
    around; where no mixture explains one, its difference from the backdrop is compared with the strongest nearby; and
    what lies behind something stronger, such as a fill behind its outline, is solid.

    Args:
        image: (H, W, 3) in [0, 1].
        screen: (H, W, 3) local colour of the backdrop.
        noise: Standard deviation of the backdrop.
        edge: Width of the soft edge in pixels.
        keep: Whether enclosed regions of the backdrop's colour are foreground.

    >>> import numpy as np
    >>> picture = np.ones((40, 40, 3), np.float32)
    >>> picture[8:32, 8:32] = (0.9, 0.7, 0.1)
    >>> picture[18:22, 18:22] = 1
    >>> alpha = plain_keyed(picture, np.ones_like(picture), 0.0, 3.0, True).alpha
    >>> alpha[2, 2].item(), alpha[20, 20].item()
    (0.0, 1.0)
    """
    low = max(_LOW, _SIGMAS * noise)
    strength = farthest(image, screen)
    outside = _outside(strength < low, keep)
    if outside.any():
        gap = floats(cv2.distanceTransform((~outside).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5))
    else:
        gap = np.full(outside.shape, np.inf, np.float32)
    asked = (gap > 0) & (gap <= edge)
    colours = solid_colours(image, gap > edge, strength, edge / 3)
    found = unmix(image, screen, colours, asked, edge / 3)
    other = _relative(strength, edge, low)
    alpha = (gap > 0).astype(np.float32)
    mixed = found.fit * found.alpha + (1 - found.fit) * other[asked]
    mixed = np.maximum(mixed, gamut_bound(image, screen, strength)[asked])
    alpha[asked] = np.where(_behind_stronger(strength, gap, edge)[asked], 1, np.clip(mixed / _FULL, 0, 1))
    return Keyed(alpha, coloured(image, alpha, screen, asked, found.colour))


def _outside(empty: NDArray[np.bool_], keep: bool) -> NDArray[np.bool_]:
    """Background among the pixels of its colour; a gap of one or two pixels in an outline lets none of it in."""
    if not keep:
        return empty
    roomy = cv2.erode(empty.view(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_)
    grown = rooted(roomy)
    # Back into the corners that were too narrow; through a leak it comes no farther than these steps.
    return _grown(grown, empty)


def _grown(seed: NDArray[np.bool_], within: NDArray[np.bool_]) -> NDArray[np.bool_]:
    for _ in range(_STEPS):
        seed = cv2.dilate(seed.view(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_) & within
    return seed


def _relative(strength: Float, edge: float, low: float) -> Alpha:
    """Difference from the backdrop as a share of the strongest within the width of the edge."""
    start = np.float32(low / 2)
    share: Alpha = np.clip((strength - start) / np.maximum(_strongest(strength, edge) - start, np.float32(low)), 0, 1)
    return share


def _strongest(strength: Float, edge: float) -> Float:
    """The largest difference from the backdrop within the width of the edge."""
    side = 2 * max(1, round(edge)) + 1
    return floats(cv2.dilate(strength, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))))


def _behind_stronger(strength: Float, gap: Float, edge: float) -> NDArray[np.bool_]:
    """Pixels that a stronger one separates from the background, found by walking inwards one pixel at a time."""
    passed = np.zeros_like(strength)
    # Counted in king's moves, so that a neighbour sideways is not farther out.
    moves = cv2.distanceTransform((gap > 0).astype(np.uint8), cv2.DIST_C, cv2.DIST_MASK_3)
    for step in range(1, int(np.ceil(edge)) + 1):
        outer = np.where(moves < step, np.maximum(passed, strength), np.float32(0))
        layer = moves == step
        np.copyto(passed, cv2.dilate(outer, np.ones((3, 3), np.uint8)), where=layer)
    # Ringing outside an edge is stronger than what lies behind it too, but weak beside the edge itself.
    real = passed > 0.5 * _strongest(strength, edge)
    ringing = _grown(gap == 0, strength < _RINGING)
    past = real & ~ringing & (passed - strength > np.float32(_PAST))
    # What lies behind an edge is a region; a pixel by itself is noise on the edge.
    company = cv2.blur((past | (gap > edge)).astype(np.float32), (3, 3))
    return past & (company > 0.5)
