"""Light: make a plate as bright as the frame it stands behind.

Between the shot of the plate and the clip the exposure, the white balance and the sun move. A gain and an offset per
channel take up the first two, a smooth local gain the third.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Field = NDArray[np.float32]

# Beyond these no plate of the same scene was ever seen; a subject that fills the frame would ask for more.
_GAIN = (0.6, 1.6)
_LOCAL_GAIN = (0.7, 1.4)
_ROUNDS = 4
# Every fourth row and column is plenty for two numbers per channel.
_STRIDE = 4
# Pull towards gain 1 where the plate is too flat to tell a gain from an offset, as a variance: (1/255)^2 per pixel.
_FLAT = 1.5e-5
# Radius of the local gain, px at 360 rows, and the reduction at which it is computed: it is smooth by construction.
_RADIUS = 30
_REDUCTION = 4
# A pixel that differs by this much after the global match is not background now, whatever it was in the last frame.
_TOLERANCE = 0.10
# Weight of "no local change" against the background in the box, as a share of the box.
_PRIOR = 0.03
# Too few sampled pixels for two numbers per channel.
_FEWEST = 100


def fit_light(plate: Pixels, frame: Pixels, background: Field | None = None) -> tuple[Pixels, Pixels]:
    """Gain and offset per channel, (3,) each, that bring `plate` to the light of `frame`.

    Least squares reweighted by the residual (Cauchy weights), so a subject is outvoted without being known.

    >>> plate = np.random.default_rng(0).random((60, 80, 3), np.float32)
    >>> gain, offset = fit_light(plate, plate * np.float32(0.9) + np.float32(0.02))
    >>> bool(np.allclose(gain, 0.9, atol=1e-3)), bool(np.allclose(offset, 0.02, atol=1e-3))
    (True, True)

    Args:
        plate: (H, W, 3) RGB in [0, 1].
        frame: The same size and range.
        background: (H, W) weights in [0, 1], such as the share of background in the last frame; None for all ones.
    """
    p = plate[::_STRIDE, ::_STRIDE].reshape(-1, 3).T  # (3, N)
    f = frame[::_STRIDE, ::_STRIDE].reshape(-1, 3).T
    if background is not None:
        known = background[::_STRIDE, ::_STRIDE].reshape(-1) > 0.5
        if known.sum() < _FEWEST:
            return np.ones(3, np.float32), np.zeros(3, np.float32)
        p, f = p[:, known], f[:, known]
    fits = [_fit_channel(np.ascontiguousarray(p[i]), np.ascontiguousarray(f[i])) for i in range(3)]
    gain, offset = np.asarray(fits, np.float32).T
    return gain, offset


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """What brings a plate to the light of a frame.

    Attributes:
        gain: (3,) per channel.
        offset: (3,) per channel.
        local: (h, w, 3) gain that varies over the picture, on a coarse grid.
    """

    gain: Pixels
    offset: Pixels
    local: Pixels

    def on(self, plate: Pixels) -> Pixels:
        """`plate`, (H, W, 3) in [0, 1] and of any size, in that light."""
        matched = _lit(plate, self.gain, self.offset)
        matched *= cv2.resize(self.local, plate.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return np.minimum(matched, 1, out=matched)


def light_between(plate: Pixels, frame: Pixels, background: Field | None = None) -> Light:
    """The fitted gain and offset, and a smooth gain that varies over the picture.

    >>> plate = np.random.default_rng(0).random((60, 80, 3), np.float32) * np.float32(0.9)
    >>> light = light_between(plate, plate * np.float32(1.05))
    >>> large = cv2.resize(plate, (160, 120))
    >>> float(np.abs(light.on(large) - large * np.float32(1.05)).max()) < 0.02
    True

    Args:
        plate: (H, W, 3) RGB in [0, 1].
        frame: The same size and range.
        background: (H, W) weights in [0, 1]; None where nothing is known yet.
    """
    gain, offset = fit_light(plate, frame, background)
    return Light(gain, offset, _local_gain(_lit(plate, gain, offset), frame, background))


def match_light(plate: Pixels, frame: Pixels, background: Field | None = None) -> Pixels:
    """`plate` in the light of `frame`; see `light_between`.

    >>> plate = np.random.default_rng(0).random((60, 80, 3), np.float32) * np.float32(0.9)
    >>> float(np.abs(match_light(plate, plate * np.float32(1.05)) - plate * np.float32(1.05)).max()) < 0.02
    True
    """
    return light_between(plate, frame, background).on(plate)


def _lit(plate: Pixels, gain: Pixels, offset: Pixels) -> Pixels:
    lit: Pixels = np.asarray(cv2.transform(plate, np.column_stack([np.diag(gain), offset])), np.float32)
    return np.clip(lit, 0, 1, out=lit)


def _fit_channel(p: Field, f: Field) -> tuple[float, float]:
    gain, offset = 1.0, float(np.median(f - p))
    for _ in range(_ROUNDS):
        residual = f - p * np.float32(gain) - np.float32(offset)
        spread = 1.48 * float(np.median(np.abs(residual))) + 0.004  # about one code value for rounding
        weight = 1 / (1 + np.square(residual * np.float32(0.5 / spread)))
        total = float(weight.sum())
        mean_p, mean_f = float(weight @ p) / total, float(weight @ f) / total
        centred = p - np.float32(mean_p)
        variance = float(weight @ np.square(centred)) / total
        covariance = float(weight @ (centred * (f - np.float32(mean_f)))) / total
        gain = min(max((covariance + _FLAT) / (variance + _FLAT), _GAIN[0]), _GAIN[1])
        offset = mean_f - gain * mean_p
    return gain, offset


def _local_gain(plate: Pixels, frame: Pixels, background: Field | None) -> Pixels:
    """At a quarter of the size."""
    height, width = plate.shape[:2]
    size = (max(1, width // _REDUCTION), max(1, height // _REDUCTION))
    p = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
    f = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    weight = np.exp(-np.square((f - p) / np.float32(_TOLERANCE)).max(axis=2, keepdims=True))
    if background is not None:
        weight = weight * cv2.resize(background, size, interpolation=cv2.INTER_AREA)[..., None]
    side = 2 * max(1, round(_RADIUS * min(height, width) / 360 / _REDUCTION)) + 1

    def mean(pixels: Pixels) -> Pixels:
        return np.asarray(cv2.blur(pixels, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)

    prior = _PRIOR * mean(p * p) + np.float32(1e-4)  # a black plate has no gain
    gain = np.clip((mean(weight * f * p) + prior) / (mean(weight * p * p) + prior), *_LOCAL_GAIN)
    return gain.astype(np.float32)
