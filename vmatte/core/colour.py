"""How colour becomes the numbers in a file: YUV matrices, code ranges, and exact conversions in plain numpy.

Everything linear is one affine map of a pixel, a (3, 4) array that `cv2.transform` takes as it is, so faster
code elsewhere cannot drift from the formulas here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RGB, BT709, UNKNOWN, FCC, BT601_625, BT601_525, SMPTE240, YCGCO, BT2020, BT2020_CONSTANT = 0, 1, 2, 4, 5, 6, 7, 8, 9, 10

# Kr and Kb by H.273 matrix code point (ITU-T H.273, table 4).
_LUMA = {
    BT709: (0.2126, 0.0722),
    FCC: (0.30, 0.11),
    BT601_625: (0.299, 0.114),
    BT601_525: (0.299, 0.114),
    SMPTE240: (0.212, 0.087),
    BT2020: (0.2627, 0.0593),
}


@dataclass(frozen=True, slots=True)
class CodeRange:
    """Where black, neutral and white lie among the codes of one bit depth (H.273 section 8.3, equations 20 to 31).

    Attributes:
        black: Luma code of black.
        luma: Luma codes from black to white.
        neutral: Chroma code of grey.
        chroma: Chroma codes from -0.5 to 0.5.
        top: Largest code.
    """

    black: int
    luma: int
    neutral: int
    chroma: int
    top: int


def code_range(depth: int, full_range: bool) -> CodeRange:
    """The range of `depth` bits.

    >>> code_range(10, False)
    CodeRange(black=64, luma=876, neutral=512, chroma=896, top=1023)
    """
    top, scale = (1 << depth) - 1, 1 << (depth - 8)
    if full_range:
        return CodeRange(0, top, 128 * scale, top, top)
    return CodeRange(16 * scale, 219 * scale, 128 * scale, 224 * scale, top)


def luma_weights(matrix: int) -> tuple[float, float, float]:
    """Shares of R, G and B in luma.

    >>> luma_weights(BT709)
    (0.2126, 0.7152, 0.0722)
    """
    red, blue = _LUMA[matrix]
    return red, round(1.0 - red - blue, 10), blue


def has_matrix(matrix: int) -> bool:
    """Whether `matrix` is a linear YUV matrix known here; constant-luminance BT.2020 is not linear."""
    return matrix in _LUMA or matrix == YCGCO


def ypbpr(matrix: int) -> NDArray[np.float64]:
    """(3, 3) map from RGB in [0, 1] to Y in [0, 1] and two colour differences in [-0.5, 0.5]."""
    if matrix == YCGCO:
        return np.array([[0.25, 0.5, 0.25], [-0.25, 0.5, -0.25], [0.5, 0.0, -0.5]])
    luma = np.array(luma_weights(matrix))
    blue = (np.array([0.0, 0.0, 1.0]) - luma) / (2.0 * (1.0 - luma[2]))
    red = (np.array([1.0, 0.0, 0.0]) - luma) / (2.0 * (1.0 - luma[0]))
    return np.stack([luma, blue, red])


def encode_affine(matrix: int, depth: int, full_range: bool, white: float = 1.0) -> NDArray[np.float64]:
    """(3, 4) map from RGB, whose white is `white`, to Y, U and V codes of `depth` bits, unrounded and unclipped."""
    codes = code_range(depth, full_range)
    scale = np.array([codes.luma, codes.chroma, codes.chroma], np.float64)
    offset = np.array([codes.black, codes.neutral, codes.neutral], np.float64)
    return np.column_stack([ypbpr(matrix) * (scale / white)[:, None], offset])


def decode_affine(matrix: int, depth: int, full_range: bool, white: float = 1.0) -> NDArray[np.float64]:
    """(3, 4) map from Y, U and V codes of `depth` bits to RGB whose white is `white`, unrounded and unclipped."""
    encode = encode_affine(matrix, depth, full_range, white)
    inverse = np.linalg.inv(encode[:, :3])
    return np.column_stack([inverse, -inverse @ encode[:, 3]])


def unit(rgb: NDArray[Any]) -> float:
    """The value of white in an array: 255, 65535, or 1 for floats."""
    return float(np.iinfo(rgb.dtype).max) if np.issubdtype(rgb.dtype, np.integer) else 1.0


def rgb_to_yuv(rgb: NDArray[Any], matrix: int = BT709, depth: int = 10, full_range: bool = False) -> NDArray[Any]:
    """Y, U and V codes of RGB pixels, without chroma subsampling.

    Args:
        rgb: (..., 3) uint8, uint16 or float with white at 1.
        matrix: H.273 code point.
        depth: Bits per code, 8 to 16.
        full_range: Whether black is 0 and white the largest code.

    Returns:
        (..., 3) uint8 for 8 bits, uint16 above; rounded to nearest, clipped to the codes there are.

    >>> rgb_to_yuv(np.array([[255, 255, 255], [0, 0, 0]], np.uint8)).tolist()
    [[940, 512, 512], [64, 512, 512]]
    """
    affine = encode_affine(matrix, depth, full_range, unit(rgb))
    return rounded(apply_affine(rgb, affine), (1 << depth) - 1, np.uint8 if depth == 8 else np.uint16)


def yuv_to_rgb(
    yuv: NDArray[Any], matrix: int = BT709, depth: int = 10, full_range: bool = False, bits: int = 16
) -> NDArray[Any]:
    """RGB of Y, U and V codes, at full range with `bits` (8 or 16) per component.

    >>> yuv_to_rgb(np.array([[940, 512, 512], [64, 512, 512]], np.uint16)).tolist()
    [[65535, 65535, 65535], [0, 0, 0]]
    """
    top = (1 << bits) - 1
    affine = decode_affine(matrix, depth, full_range, float(top))
    return rounded(apply_affine(yuv, affine), top, np.uint8 if bits == 8 else np.uint16)


def apply_affine(pixels: NDArray[Any], affine: NDArray[np.float64]) -> NDArray[np.float32]:
    """(..., 3) float32 pixels sent through a (3, 4) map."""
    linear, offset = affine[:, :3].T.astype(np.float32), affine[:, 3].astype(np.float32)
    mapped: NDArray[np.float32] = pixels.astype(np.float32, copy=False).reshape(-1, 3) @ linear
    mapped += offset
    return mapped.reshape(pixels.shape)


def rounded(values: NDArray[np.float32], top: int, dtype: type[np.uint8] | type[np.uint16]) -> NDArray[Any]:
    """`values` clipped to [0, top] and rounded to nearest; overwrites `values`."""
    np.clip(values, 0, top, out=values)
    values += 0.5
    return values.astype(dtype)


def to_bits8(rgb: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """16-bit codes rounded to the nearest of 256 levels, exactly.

    >>> to_bits8(np.array([0, 128, 129, 65406, 65407, 65535], np.uint16)).tolist()
    [0, 0, 1, 254, 255, 255]
    """
    # round(v / 257) for every v of 16 bits: 65281 / 2**24 is just above 1 / 257; tested for all codes.
    wide = rgb.astype(np.uint32)
    wide *= 65281
    wide += 1 << 23
    wide >>= 24
    return wide.astype(np.uint8)


def to_bits16(rgb: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """8-bit codes at 16 bits: 255 becomes 65535, exactly."""
    return rgb.astype(np.uint16) * np.uint16(257)
