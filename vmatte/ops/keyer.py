"""Alpha before a green, blue or otherwise saturated screen: colour difference, gamut bound and core."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import Alpha
from vmatte.ops.despill import difference
from vmatte.ops.soft_edge import depth, scale_of, settled_colour, solid_colours, unmix
from vmatte.ops.unit import Float, box_of, farthest, floats

# Where the ramp of alpha begins, at least, and ends; how many sigma of the screen lie below its beginning.
_LOW, _HIGH, _SIGMAS = 0.03, 0.93, 2.5
# Edges that are steepened: factor, window in pixels and contrast in it over which that takes hold. Drawn screen clips,
# six kinds, three seeds, with the ramp ending at 0.97 and none of this: Grad 1.79, MAD 8.30, MSE 1.78; now 1.54, 7.88
# and 1.80.
_STEEP, _WINDOW, _CONTRAST = 1.3, 7, (0.4, 0.8)
# Distance from the screen's colour over which the gamut bound takes hold, and its slack against noise.
_BOUND_FROM, _BOUND_TO, _SLACK = 0.06, 0.12, 0.06
# Depth in pixels at 360 rows, inside alpha 0.95: where unmixing ends, where colours are solid, and where the core
# stands although nothing explains it. Drawn screen clips, MSE with solid from 3: 1.93, from 5: 1.90.
_BAND, _SOLID, _KEPT = 7, 5, 3
# The subject's box: smaller groups of pixels do not count, this many pixels around do; both at 360 rows.
_SPECK, _MARGIN = 8, 24
# The core: depth in pixels and local mean of alpha over which it is lifted to 1.
_DEPTH, _MEAN, _REACH = (2.5, 5.5), (0.72, 0.85), 3


@dataclass(frozen=True, slots=True, eq=False)
class Keyed:
    """A keyed picture.

    Attributes:
        alpha: (H, W) in [0, 1].
        colour: (H, W, 3) straight foreground in [0, 1]; 0 where alpha is 0, the picture where it is 1.
    """

    alpha: Alpha
    colour: Float


def keyed(image: Float, screen: Float, channel: int, noise: float) -> Keyed:
    """Alpha and foreground before a saturated screen.

    The key difference D gives a first alpha, 1 - D(I) / D(S), which is right for neutral colours (Smith and Blinn 1996,
    "Blue Screen Matting"; Vlahos' patents it cites), too high for warm ones and too low for those of the screen's hue.
    It is bounded below so that the foreground is a legal colour and lifted to 1 in the core; soft pixels are then
    unmixed against the solid colours around them, and where no mixture explains them, D is scaled by half of how those
    colours differ from neutral.

    Args:
        image: (H, W, 3) in [0, 1], chroma sharpened if it was subsampled.
        screen: (H, W, 3) local colour of the screen.
        channel: Key channel.
        noise: Standard deviation of D(I) / D(S) on the bare screen.

    >>> import numpy as np
    >>> screen = np.tile(np.array([0.1, 0.7, 0.2], np.float32), (40, 40, 1))
    >>> image = screen.copy()
    >>> image[10:30, 10:30] = (0.8, 0.4, 0.3)
    >>> found = keyed(image, screen, 1, 0.0)
    >>> found.alpha[20, 20].item(), found.alpha[2, 2].item()
    (1.0, 0.0)
    """
    scale = scale_of(image)
    low = max(_LOW, _SIGMAS * noise)
    strength = _strength(image, screen, channel)
    result = Keyed(np.zeros(image.shape[:2], np.float32), np.zeros_like(image))
    far = farthest(image, screen)
    box = _subject((strength > low) | (far > _BOUND_TO), scale)
    if box is not None:
        cut = [np.ascontiguousarray(whole[box]) for whole in (image, screen, gamut_bound(image, screen, far), strength)]
        result.alpha[box], result.colour[box] = _keyed(cut[0], cut[1], cut[2], cut[3], channel, low, scale)
    return result


def _subject(mask: NDArray[np.bool_], scale: float) -> tuple[slice, slice] | None:
    """The box around all but specks."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    rows, columns = np.zeros(mask.shape[0], bool), np.zeros(mask.shape[1], bool)
    for left, top, width, height, area in stats[1:count]:
        if area >= _SPECK * scale * scale:
            rows[top : top + height] = True
            columns[left : left + width] = True
    return box_of(rows[:, None] & columns[None], round(_MARGIN * scale))


def _keyed(
    image: Float, screen: Float, bound: Alpha, strength: Float, channel: int, low: float, scale: float
) -> tuple[Alpha, Float]:
    """Alpha and colour of the part that holds the subject."""
    first = np.maximum(_rescaled(strength, low), bound)
    alpha = cored(first, scale)
    inside = depth(alpha, 0.95)
    asked = (first > 0) & (inside < _BAND * scale)
    colours = solid_colours(image, inside > _SOLID * scale, strength, scale)
    found = unmix(image, screen, colours, asked, scale)
    excess = _excess(colours, screen, channel, asked)
    other = np.maximum(_rescaled(strength[asked] / (1 + np.float32(0.5) * excess), low), bound[asked])
    other = np.where(inside[asked] > _KEPT * scale, alpha[asked], other)
    alpha[asked] = found.fit * _rescaled(found.alpha, low) + (1 - found.fit) * other
    alpha = crisped(alpha)
    return alpha, coloured(image, alpha, screen, asked, found.colour)


def crisped(alpha: Alpha) -> Alpha:
    """Steepens alpha around 0.5 where clear and solid lie close together: coders blur hard edges.

    >>> import numpy as np
    >>> edge = np.tile(np.array([0, 0, 0, 0.25, 0.75, 1, 1, 1], np.float32), (8, 1))
    >>> crisped(edge)[4].round(3).tolist()
    [0.0, 0.0, 0.0, 0.17499999701976776, 0.824999988079071, 1.0, 1.0, 1.0]
    """
    window = np.ones((_WINDOW, _WINDOW), np.uint8)
    contrast = floats(cv2.dilate(alpha, window)) - floats(cv2.erode(alpha, window))
    low, high = _CONTRAST
    weight = np.clip((contrast - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    steep = np.clip((alpha - np.float32(0.5)) * np.float32(_STEEP) + np.float32(0.5), 0, 1)
    return floats(alpha + weight * (steep - alpha))


def coloured(image: Float, alpha: Alpha, screen: Float, asked: NDArray[np.bool_], front: Float) -> Float:
    """Straight foreground: 0 where alpha is 0, the picture where it is 1, settled from `front` where it was `asked`.

    >>> import numpy as np
    >>> alpha = np.array([[0.0, 1.0]], np.float32)
    >>> picture = np.full((1, 2, 3), 0.5, np.float32)
    >>> coloured(picture, alpha, picture, alpha > 2, np.zeros((0, 3), np.float32))[0, :, 0].tolist()
    [0.0, 0.5]
    """
    colour = floats(cv2.copyTo(image, (alpha > 0).astype(np.uint8)))
    here = np.flatnonzero(asked)
    cover = alpha.reshape(-1)[here]
    settled = settled_colour(image.reshape(-1, 3)[here], cover, screen.reshape(-1, 3)[here], front)
    colour.reshape(-1, 3)[here] = settled * (cover > 0)[:, None]
    return colour


def _strength(image: Float, screen: Float, channel: int) -> Float:
    """1 - D(I) / D(S): 0 on the screen, 1 for neutral colours, more for those opposite to the screen's hue."""
    return floats(1 - difference(image, channel) / np.maximum(difference(screen, channel), np.float32(0.02)))


def _rescaled(alpha: Float, low: float) -> Float:
    scaled: Float = np.clip((alpha - np.float32(low)) * np.float32(1 / (_HIGH - low)), 0, 1)
    return scaled


def _excess(colours: Float, screen: Float, channel: int, asked: NDArray[np.bool_]) -> Float:
    """By how much the solid colours around are stronger than neutral, at most 1.5, for each pixel asked about."""
    height, width = colours.shape[:2]
    small = floats(cv2.resize(screen, (width, height), interpolation=cv2.INTER_NEAREST))
    over = np.clip(_strength(colours, small, channel) - 1, 0, np.float32(1.5))
    rows, columns = np.nonzero(asked)
    return floats(over[np.minimum(rows // 2, height - 1), np.minimum(columns // 2, width - 1)])


def gamut_bound(image: Float, screen: Float, far: Float) -> Alpha:
    """The least alpha that leaves the foreground a legal colour, less some slack for noise.

    `far` is the largest difference of any channel; the bound counts where it is well above noise.
    F = (I - (1 - alpha) S) / alpha lies in [0, 1] when alpha >= (S - I) / S and alpha >= (I - S) / (1 - S).

    >>> import numpy as np
    >>> grey, black = np.full((9, 9, 3), 0.5, np.float32), np.zeros((9, 9, 3), np.float32)
    >>> round(gamut_bound(black, grey, grey[..., 0])[4, 4].item(), 2)
    0.94
    """
    here = np.flatnonzero(far > _BOUND_FROM)
    behind = screen.reshape(-1, 3)[here].T
    away = image.reshape(-1, 3)[here].T - behind
    room = np.where(away > 0, 1 - behind, behind)
    least = (np.abs(away) / np.maximum(room, np.float32(0.02))).max(axis=0, initial=0)
    bound = np.zeros(far.shape, np.float32)
    bound.reshape(-1)[here] = np.minimum(least, 1)
    held = floats(cv2.GaussianBlur(bound, (0, 0), 0.6)) - np.float32(_SLACK)
    trust = np.clip((far - np.float32(_BOUND_FROM)) * np.float32(1 / (_BOUND_TO - _BOUND_FROM)), 0, 1)
    return floats(np.clip(held, 0, 1) * trust)


def cored(alpha: Alpha, scale: float = 1.0) -> Alpha:
    """Lifts alpha to 1 deep inside, where all around it is nearly that.

    >>> import numpy as np
    >>> cored(np.full((31, 31), 0.9, np.float32))[15, 15].item()
    1.0
    """
    side = 2 * round(_REACH * scale) + 1
    mean = floats(cv2.blur(alpha, (side, side)))
    lift = ramp(depth(alpha, 0.5), _DEPTH[0] * scale, _DEPTH[1] * scale) * ramp(mean, *_MEAN)
    lifted: Alpha = alpha + (1 - alpha) * lift
    return lifted


def ramp(value: Float, low: float, high: float) -> Float:
    """0 up to `low`, 1 from `high` on, smooth between.

    >>> import numpy as np
    >>> ramp(np.array([0, 1, 2], np.float32), 0, 2).tolist()
    [0.0, 0.5, 1.0]
    """
    x = floats(np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1))
    smooth: Float = x * x * (3 - 2 * x)
    return smooth
