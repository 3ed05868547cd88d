"""What differs from the plate and is not merely its shadow.

All distances are in units of what noise and a small misalignment explain, so one threshold serves every clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vmatte.ops.morphology import Mask, closed, labelled, opened, tally

Pixels = NDArray[np.float32]
Field = NDArray[np.float32]

# Every fourth row and column is plenty for a median.
_STRIDE = 4
# Blur before comparing: takes the edge off codec noise and subpixel misalignment.
_BLUR = 0.6
# A quarter of the plate's local range stands for about a quarter of a pixel of misalignment on a steep edge.
_RANGE = 4.0
# 1.5 code values of 8 bits: cameras and codecs are never better.
_LEAST_NOISE = 0.006
# Shadows dim to between half and all of the light; below it is dark clothing.
_SHADOW_GAIN = (0.55, 1.0)
# Softness of both ends of that range, as a gain.
_GAIN_RAMP = 0.04
# How well a gain must explain a pixel, in units of d.
_EXPLAINED = 3.0
# Variation of the gain inside a shadow.
_SMOOTH = 0.04
# Texture of the plate must survive in the shadow: no trust at the first correlation, full trust at the second.
_CORRELATION = (0.3, 0.7)
# Radii of the local gain and of the texture compared, px at 360 rows.
_GAIN_RADIUS, _TEXTURE_RADIUS = 2, 4
# Hard mask: d where the ramp starts and ends, d that counts as strong, and the share of a component that must be.
_RAMP = (2.5, 6.0)
_STRONG, _STRONG_SHARE = 12.0, 0.12
# Smallest component, px at 360 rows and share of the largest; largest hole filled, px at 360 rows.
_LEAST_AREA, _LEAST_SHARE, _HOLE = 60, 0.01, 40


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """How a frame differs from its plate.

    Attributes:
        distance: (H, W) float32 from 0, in units of expected noise, shadows discounted.
        background: (H, W, 3) float32 RGB in [0, 1], what the plate would look like in this frame, shadows included.
        shadow: (H, W) float32 in [0, 1], how surely a pixel is the plate in shadow.
        noise: One standard deviation of the difference where nothing moved.
    """

    distance: Field
    background: Pixels
    shadow: Field
    noise: float


def difference(
    frame: Pixels,
    plate: Pixels,
    background: Field | None = None,
    shadow: bool = True,
) -> Difference:
    """Compares `frame` with a `plate` already brought to its light.

    >>> coarse = np.random.default_rng(0).random((9, 12, 3), np.float32)
    >>> plate = cv2.resize(coarse, (120, 90)) * np.float32(0.5) + np.float32(0.25)
    >>> frame = plate.copy()
    >>> frame[20:60, 20:40] = 1
    >>> frame[20:60, 70:110] *= np.float32(0.7)
    >>> found = difference(frame, plate)
    >>> [float(np.median(found.distance[20:60, x:x + 20])) > 3 for x in (0, 20, 80)]
    [False, True, False]

    Args:
        frame: (H, W, 3) RGB in [0, 1].
        plate: The same size and range.
        background: (H, W) weights in [0, 1] of pixels known to be background; None where nothing is known yet.
        shadow: Whether to look for cast shadows. Dark see-through hair before a plain wall looks like one.
    """
    scale = min(frame.shape[:2]) / 360
    seen: Pixels = np.asarray(cv2.GaussianBlur(frame, (0, 0), _BLUR), np.float32)
    clean: Pixels = np.asarray(cv2.GaussianBlur(plate, (0, 0), _BLUR), np.float32)
    noise = _noise(seen - clean, background)
    kernel = np.ones((3, 3), np.uint8)
    spread = cv2.dilate(clean, kernel) - cv2.erode(clean, kernel)
    tolerance = noise**2 + np.square(spread.reshape(frame.shape) / _RANGE)
    plain = _rms(seen - clean, tolerance)
    if not shadow:
        return Difference(plain, plate, np.zeros_like(plain), noise)
    trust = np.zeros_like(plain)
    distance, expected = plain, plate
    part = _candidates(plain, scale)
    if part is not None:
        distance, expected = plain.copy(), plate.copy()
        gain, sure = _shadow(seen[part], clean[part], tolerance[part], noise, scale)
        dimmed = _rms(seen[part] - gain[..., None] * clean[part], tolerance[part])
        distance[part] += sure * (np.minimum(plain[part], dimmed) - plain[part])
        expected[part] *= (1 + sure * (gain - 1))[..., None]
        trust[part] = sure
    return Difference(distance, expected, trust, noise)


def hard_mask(distance: Field) -> Mask:
    """The subject's solid shape in a map of distances: connected, strong somewhere, without pinholes.

    >>> distance = np.zeros((90, 120), np.float32)
    >>> distance[20:60, 30:60] = 20
    >>> distance[70:72, 100:102] = 20
    >>> mask = hard_mask(distance)
    >>> int(mask[20:60, 30:60].sum()) > 1150, int(mask.sum() - mask[20:60, 30:60].sum())
    (True, 0)
    """
    scale = min(distance.shape) / 360
    low, high = _RAMP
    ramp = np.clip((distance - low) / (high - low), 0, 1)
    mask = cv2.medianBlur((ramp * 255).astype(np.uint8), 5) > 127
    mask = _solid(mask, distance, scale)
    mask = closed(mask, max(1.0, 1.5 * scale))
    return opened(_without_holes(mask, _HOLE * scale**2), max(1.0, scale))


def _noise(residual: Pixels, background: Field | None) -> float:
    small = np.abs(residual[::_STRIDE, ::_STRIDE])
    if background is not None:
        known = background[::_STRIDE, ::_STRIDE] > 0.5
        # A handful of pixels is no sample; better the whole picture, whose median a subject seldom moves.
        small = small[known] if known.sum() >= 500 else small
    return max(_LEAST_NOISE, 1.48 * float(np.median(small)))


def _mean3(pixels: Pixels) -> Field:
    """Mean over the three channels; numpy's own is ten times slower on so short an axis."""
    return cv2.transform(pixels, np.full((1, 3), 1 / 3, np.float32)).reshape(pixels.shape[:2]).astype(np.float32)


def _rms(residual: Pixels, tolerance: Pixels) -> Field:
    """Residual in units of its tolerance (a variance), root mean square over channels."""
    return np.sqrt(_mean3(residual * residual / tolerance))


def _candidates(plain: Field, scale: float) -> tuple[slice, slice] | None:
    """The rectangle around everything that could be a subject; no shadow is looked for outside it."""
    labels, count = labelled(cv2.medianBlur((plain > _RAMP[0]).astype(np.uint8), 5) > 0)
    large = tally(labels, count) >= _LEAST_AREA * scale**2
    large[0] = False
    left, top, width, height = cv2.boundingRect(large[labels].astype(np.uint8))
    margin = 2 * max(2, round(_TEXTURE_RADIUS * scale))
    if not width:
        return None
    rows = slice(max(0, top - margin), top + height + margin)
    return rows, slice(max(0, left - margin), left + width + margin)


def _shadow(seen: Pixels, clean: Pixels, tolerance: Pixels, noise: float, scale: float) -> tuple[Field, Field]:
    """Local gain of the plate in each pixel, and how surely a shadow is what dims it.

    Statistics are weighted by how well a gain explains each pixel: unweighted, the subject's edge would hide the
    shadow that touches it. The spread of the gain is taken about its local mean in each pixel, which a penumbra's
    slope leaves alone.
    """
    low, high = _SHADOW_GAIN
    power = _mean3(clean * clean) + np.float32(1e-4)
    own: Field = _mean3(seen * clean) / power
    unexplained = _rms(seen - own[..., None] * clean, tolerance)
    weight = np.exp(np.square(unexplained) * np.float32(-0.5 / _EXPLAINED**2))
    weight *= _step(own, low - 2 * _GAIN_RAMP, low) * _step(-own, -high - 3 * _GAIN_RAMP, -high - _GAIN_RAMP)
    near, wide = max(1, round(_GAIN_RADIUS * scale)), max(2, round(_TEXTURE_RADIUS * scale))
    total = _box(weight, near) + np.float32(1e-3)
    gain: Field = (_box(weight * own, near) + np.float32(1e-3)) / total
    variance = _box(weight * np.square(own - gain), near) / total
    smooth = np.exp(-variance / (np.float32(_SMOOTH**2) + np.float32(2 * noise**2 / 3) / power))
    trust = weight * smooth * _step(-gain, -high, -high + _GAIN_RAMP)
    trust *= _step(_correlation(_mean3(seen) / gain, _mean3(clean), weight, wide, noise), *_CORRELATION)
    return gain, trust


def _box(values: Field, radius: int) -> Field:
    return np.asarray(cv2.blur(values, (2 * radius + 1, 2 * radius + 1)), np.float32)


def _correlation(a: Field, b: Field, weight: Field, radius: int, noise: float) -> Field:
    """Weighted local correlation of two luma pictures; towards 1 where there is no texture to lose."""
    total = _box(weight, radius) + np.float32(1e-3)
    wa, wb = weight * a, weight * b
    mean_a, mean_b = _box(wa, radius) / total, _box(wb, radius) / total
    covariance = _box(wa * b, radius) / total - mean_a * mean_b
    spread_a = np.maximum(_box(wa * a, radius) / total - mean_a * mean_a, 0)
    spread_b = np.maximum(_box(wb * b, radius) / total - mean_b * mean_b, 0)
    flat = np.float32(2 * noise**2)
    correlation: Field = (covariance + flat) / (np.sqrt(spread_a * spread_b) + flat)
    return correlation


def _step(values: Field, low: float, high: float) -> Field:
    """Linear ramp from 0 at `low` to 1 at `high`."""
    return cast("Field", np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1))


def _solid(mask: Mask, distance: Field, scale: float) -> Mask:
    """Without components that are small or nowhere strong."""
    labels, count = labelled(mask)
    area = tally(labels, count)
    area[0] = 0
    keep = area >= max(_LEAST_AREA * scale**2, _LEAST_SHARE * area.max())
    keep &= tally(labels, count, distance > _STRONG) >= _STRONG_SHARE * np.maximum(area, 1)
    solid: Mask = keep[labels]
    return solid


def _without_holes(mask: Mask, area: float) -> Mask:
    labels, count = labelled(~mask, diagonal=False)
    small = tally(labels, count) < area
    small[0] = True  # the mask itself
    filled: Mask = small[labels]
    return filled
