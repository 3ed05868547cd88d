"""Pictures into the planes of a frame, and alpha planes back into codes.

The scaler is never used: it moves alpha codes by one and makes white 943 instead of 940 in 10 bits. Work goes in
strips of rows, so that nothing but the planes themselves has the size of a frame.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import cv2
import numpy as np
from av import VideoFrame
from numpy.typing import DTypeLike, NDArray

from vmatte.core.colour import encode_affine, to_bits8, to_bits16, unit
from vmatte.core.errors import OutputError
from vmatte.core.types import Alpha, Image

# Rows at a time; 1080p converts at the same speed from 32 to 128 rows and at half of it as a whole.
_ROWS = 64


def plane(frame: VideoFrame, index: int, dtype: DTypeLike, channels: int = 1) -> NDArray[Any]:
    """A writable view of a plane's samples, (H, W) or (H, W, channels), without the padding of its lines."""
    raw = frame.planes[index]
    rows: NDArray[Any] = np.frombuffer(memoryview(raw), np.uint8).reshape(-1, raw.line_size)[: raw.height]
    samples = rows.view(dtype)[:, : raw.width * channels]
    return samples if channels == 1 else samples.reshape(raw.height, raw.width, channels)


def put_alpha(target: NDArray[Any], alpha: Alpha | None, top: int, bottom: int = 0) -> None:
    """Writes `bottom + round(alpha * (top - bottom))` into a plane; no alpha means opaque.

    Raises:
        OutputError: The alpha holds values that are not numbers.
    """
    if alpha is None:
        target[:] = top
        return
    if np.isnan(alpha.sum()):
        raise OutputError("the alpha holds values that are not numbers: the model failed on this frame")
    for rows in _strips(alpha.shape[0]):
        codes = np.clip(alpha[rows], 0, 1)
        codes *= top - bottom
        np.rint(codes, out=codes)
        codes += bottom
        target[rows] = codes


def put_packed(target: NDArray[Any], order: str, colour: Image, alpha: Alpha | None) -> None:
    """Writes straight colour and alpha into a packed plane, at the depth of its samples.

    Args:
        target: (H, W, 4) samples.
        order: The letters r, g, b and a in the order of the samples.
        colour: (H, W, 3) uint8 or uint16.
        alpha: (H, W) in [0, 1]; None for opaque.
    """
    pixels = at_depth(colour, deep=target.dtype.itemsize == 2)
    for index, letter in enumerate("rgb"):
        target[..., order.index(letter)] = pixels[..., index]
    put_alpha(target[..., order.index("a")], alpha, (1 << 8 * target.dtype.itemsize) - 1)


def at_depth(colour: NDArray[Any], deep: bool) -> NDArray[Any]:
    """The same colours at 16 bits, or at 8."""
    if deep == (colour.dtype == np.uint16):
        return colour
    return to_bits16(colour) if deep else to_bits8(colour)


def put_yuv420(target: VideoFrame, colour: Image, matrix: int, depth: int) -> None:
    """Writes RGB into the first three planes of a 4:2:0 frame, limited range.

    Chroma is sited on the left luma column and midway between rows (H.264 annex E, chroma_loc_type 0). A frame that is
    larger than the picture by one row or column repeats the last one.
    """
    kind = np.uint8 if depth == 8 else np.uint16
    luma, blue, red = (plane(target, index, kind) for index in range(3))
    height, width = luma.shape
    affine = _yuv_map(matrix, unit(colour), depth)
    for rows in _strips(height):
        part: NDArray[Any] = colour[rows.start : rows.stop]
        below, right = min(rows.stop, height) - rows.start - part.shape[0], width - part.shape[1]
        below += (part.shape[0] + below) % 2
        part = cv2.copyMakeBorder(part, 0, below, 0, right + width % 2, cv2.BORDER_REPLICATE)
        yuv = cv2.transform(part.astype(np.float32), affine)
        luma[rows] = np.rint(yuv[: luma[rows].shape[0], :width, 0])
        half = slice(rows.start // 2, rows.start // 2 + part.shape[0] // 2)
        shared = _subsampled(yuv[..., 1:])
        blue[half], red[half] = shared[..., 0], shared[..., 1]


def _subsampled(chroma: NDArray[Any]) -> NDArray[Any]:
    """(2h, 2w, 2) colour differences at (h, w, 2): means of two rows, weights 1, 2, 1 around the left column."""
    rows = (chroma[0::2] + chroma[1::2]) * np.float32(0.5)
    even, odd = rows[:, 0::2], rows[:, 1::2]
    before = np.concatenate([even[:, :1], odd[:, :-1]], axis=1)
    shared: NDArray[Any] = np.rint(even * np.float32(0.5) + (odd + before) * np.float32(0.25))
    return shared


def put_yuv(target: VideoFrame, colour: Image, matrix: int) -> None:
    """Writes RGB into the first three planes of a 10-bit 4:4:4 frame, limited range."""
    planes = [plane(target, index, np.uint16) for index in range(3)]
    affine = _yuv_map(matrix, unit(colour), 10)
    for rows in _strips(colour.shape[0]):
        yuv = cv2.transform(colour[rows].astype(np.uint16, copy=False), affine)
        for index, samples in enumerate(planes):
            samples[rows] = yuv[..., index]


@cache
def _yuv_map(matrix: int, white: float, depth: int) -> NDArray[np.float32]:
    return encode_affine(matrix, depth, full_range=False, white=white).astype(np.float32)


def fingerprint(codes: NDArray[Any]) -> int:
    """CRC-32 of a plane's samples, whatever the length of its lines."""
    crc = 0
    for rows in _strips(codes.shape[0]):
        crc = zlib.crc32(np.ascontiguousarray(codes[rows]).data, crc)
    return crc


def _strips(height: int) -> Iterator[slice]:
    return (slice(top, top + _ROWS) for top in range(0, height, _ROWS))
