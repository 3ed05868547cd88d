"""Between code values and light: transfer functions, and an SDR look at HDR pictures.

Everything here is a function of one number, so pictures go through tables. The SDR look is meant for models, which were
trained on SDR, and for contact sheets; it never reaches an output that is worked on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.types import HLG, PQ, Colour, Image, Image8

Curve = NDArray[np.float64]

# SDR white stands at the level of HDR reference white, 203 cd/m2 (ITU-R BT.2408-7, table 1).
SDR_WHITE = 203.0
# HLG is defined on a display of 1000 cd/m2 (BT.2100-2, table 5), and PQ is graded to about that (BT.2408-7, section 2).
HDR_PEAK = 1000.0

# SMPTE ST 2084, equations 4.1 and 5.1.
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
# HLG opto-electronic transfer function, BT.2100-2, table 5.
_HLG_A, _HLG_B, _HLG_C = 0.17883277, 0.28466892, 0.55991073

_HLG_WHITE = float((np.exp((0.75 - _HLG_C) / _HLG_A) + _HLG_B) / 12.0)
# H.273 table 3: pure powers, linear among them.
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
_SRGB = 13

# From BT.2020 to BT.709 primaries, linear light (ITU-R BT.2407-0, equation 2).
BT2020_TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float64
)
# The rounded rows above must keep white white.
BT2020_TO_709 /= BT2020_TO_709.sum(axis=1, keepdims=True)


def pq_to_light(code: Curve) -> Curve:
    """Cd/m2 of PQ codes in [0, 1].

    >>> float(pq_to_light(np.array(1.0)))
    10000.0
    """
    root = np.asarray(code, np.float64) ** (1 / _M2)
    light: Curve = 10000.0 * (np.maximum(root - _C1, 0.0) / (_C2 - _C3 * root)) ** (1 / _M1)
    return light


def light_to_pq(light: Curve) -> Curve:
    """PQ codes in [0, 1] of cd/m2.

    >>> round(float(light_to_pq(np.array(203.0))), 3)
    0.581
    """
    power = (np.clip(light, 0.0, 10000.0) / 10000.0) ** _M1
    code: Curve = ((_C1 + _C2 * power) / (1.0 + _C3 * power)) ** _M2
    return code


def hlg_to_scene(code: Curve) -> Curve:
    """Scene light in [0, 1] of HLG codes in [0, 1].

    >>> [round(float(hlg_to_scene(np.array(v))), 4) for v in (0.0, 0.5, 1.0)]
    [0.0, 0.0833, 1.0]
    """
    code = np.asarray(code, np.float64)
    high: Curve = (np.exp((code - _HLG_C) / _HLG_A) + _HLG_B) / 12.0
    return np.where(code <= 0.5, code * code / 3.0, np.minimum(high, 1.0))


def srgb_to_linear(code: Curve) -> Curve:
    """Linear light of sRGB codes (IEC 61966-2-1); continued as an odd function below zero."""
    size = np.abs(code)
    return np.copysign(np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4), code)


def linear_to_srgb(light: Curve) -> Curve:
    """The sRGB codes of linear light.

    >>> round(float(linear_to_srgb(np.array(0.18))), 3)
    0.461
    """
    size = np.abs(light)
    return np.copysign(np.where(size <= 0.0031308, size * 12.92, 1.055 * size ** (1 / 2.4) - 0.055), light)


def bt709_to_linear(code: Curve) -> Curve:
    """Scene light of BT.709 codes (BT.709-6, item 1.2 reversed)."""
    size = np.abs(code)
    return np.copysign(np.where(size < 0.081, size / 4.5, ((size + 0.099) / 1.099) ** (1 / 0.45)), code)


def linear_to_bt709(light: Curve) -> Curve:
    """BT.709 codes of scene light."""
    size = np.abs(light)
    return np.copysign(np.where(size < 0.018, size * 4.5, 1.099 * size**0.45 - 0.099), light)


def scene_to_hlg(light: Curve) -> Curve:
    """HLG codes in [0, 1] of scene light in [0, 1].

    >>> [round(float(scene_to_hlg(np.array(v))), 4) for v in (0.0, 1 / 12, 1.0)]
    [0.0, 0.5, 1.0]
    """
    light = np.clip(light, 0.0, 1.0)
    high: Curve = _HLG_A * np.log(np.maximum(12.0 * light - _HLG_B, 1e-9)) + _HLG_C
    return np.where(light <= 1 / 12, np.sqrt(3.0 * light), np.minimum(high, 1.0))


def to_linear(code: Curve, transfer: int) -> Curve:
    """Light of codes in [0, 1], proportional to that of the scene; reference white is 1.

    That is diffuse white at code 1 for SDR, 203 cd/m2 for PQ and code 0.75 for HLG (ITU-R BT.2408-7, table 1).

    Args:
        code: Full-range display codes.
        transfer: H.273 code point, table 3; what is not known here is taken for BT.709's curve.

    >>> [round(float(to_linear(np.array(0.5), transfer)), 4) for transfer in (1, 8, 13)]
    [0.2596, 0.5, 0.214]
    """
    if transfer == PQ:
        return pq_to_light(code) / SDR_WHITE
    if transfer == HLG:
        return hlg_to_scene(code) / _HLG_WHITE
    if transfer in _GAMMAS:
        return np.copysign(np.abs(code) ** _GAMMAS[transfer], code)
    return srgb_to_linear(code) if transfer == _SRGB else bt709_to_linear(code)


def from_linear(light: Curve, transfer: int) -> Curve:
    """The codes of light: the inverse of `to_linear`.

    >>> round(float(from_linear(to_linear(np.array(0.3), 18), 18)), 6)
    0.3
    """
    if transfer == PQ:
        return light_to_pq(light * SDR_WHITE)
    if transfer == HLG:
        return scene_to_hlg(light * _HLG_WHITE)
    if transfer in _GAMMAS:
        return np.copysign(np.abs(light) ** (1 / _GAMMAS[transfer]), light)
    return linear_to_srgb(light) if transfer == _SRGB else linear_to_bt709(light)


@lru_cache(maxsize=4)
def linear_table(transfer: int, bits: int) -> NDArray[np.float32]:
    """`to_linear` of all codes of 8 or 16 bits."""
    return to_linear(np.arange(1 << bits) / ((1 << bits) - 1), transfer).astype(np.float32)


def eetf(light: Curve, peak: float = HDR_PEAK, target: float = SDR_WHITE) -> Curve:
    """Display light squeezed from a display of `peak` to one of `target` cd/m2; dark and middle tones stay.

    The curve of ITU-R BT.2390-10, section 5.4.1, steps 1 to 3 with black at zero: a Hermite spline in PQ space above a
    knee at `1.5 * largest - 0.5`.
    """
    scale = light_to_pq(np.array(peak))
    largest = light_to_pq(np.array(target)) / scale
    knee = 1.5 * largest - 0.5
    level = np.minimum(light_to_pq(light) / scale, 1.0)
    t = np.maximum(level - knee, 0.0) / (1.0 - knee)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * largest
    return pq_to_light(np.where(level < knee, level, spline) * scale)


def display_light(code: Curve, transfer: int) -> Curve:
    """Cd/m2 that PQ or HLG codes in [0, 1] show.

    HLG's system gamma of 1.2 is applied to each component instead of to luminance: greys are exact, colours gain
    a little saturation.
    """
    if transfer == PQ:
        return pq_to_light(code)
    light: Curve = HDR_PEAK * hlg_to_scene(code) ** 1.2
    return light


@lru_cache(maxsize=4)
def sdr_light(transfer: int, bits: int) -> NDArray[np.float32]:
    """Table from HDR codes of `bits` to linear light for an SDR display, white at 1."""
    code = np.arange(1 << bits) / ((1 << bits) - 1)
    return (eetf(display_light(code, transfer)) / SDR_WHITE).astype(np.float32)


@lru_cache(maxsize=1)
def sdr_codes() -> NDArray[np.uint8]:
    """Table from linear light in 65536 steps to 8-bit codes for a BT.1886 display of gamma 2.4."""
    return np.round(255.0 * (np.arange(65536) / 65535.0) ** (1 / 2.4)).astype(np.uint8)


def tone_mapped(rgb: Image, colour: Colour) -> Image8:
    """An SDR copy of a PQ or HLG picture: BT.709 primaries, 8 bits.

    Args:
        rgb: (H, W, 3) display codes at full range.
        colour: Says which transfer function and primaries they have.
    """
    linear: NDArray[Any] = sdr_light(colour.transfer, 8 * rgb.dtype.itemsize)[rgb]
    if colour.primaries == 9:
        linear = (linear.reshape(-1, 3) @ BT2020_TO_709.T.astype(np.float32)).reshape(rgb.shape)
    linear *= 65535.0
    np.clip(linear, 0.0, 65535.0, out=linear)
    return sdr_codes()[linear.astype(np.uint16)]
