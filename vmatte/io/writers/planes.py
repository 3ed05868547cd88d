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

from vmatte.core.colour import encode_affine, unit
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


def put_yuv(target: VideoFrame, colour: Image, matrix: int) -> None:
    """Writes RGB into the first three planes of a 10-bit 4:4:4 frame, limited range."""
    planes = [plane(target, index, np.uint16) for index in range(3)]
    affine = _yuv_map(matrix, unit(colour))
    for rows in _strips(colour.shape[0]):
        yuv = cv2.transform(colour[rows].astype(np.uint16, copy=False), affine)
        for index, samples in enumerate(planes):
            samples[rows] = yuv[..., index]


@cache
def _yuv_map(matrix: int, white: float) -> NDArray[np.float32]:
    return encode_affine(matrix, 10, full_range=False, white=white).astype(np.float32)


def fingerprint(codes: NDArray[Any]) -> int:
    """CRC-32 of a plane's samples, whatever the length of its lines."""
    crc = 0
    for rows in _strips(codes.shape[0]):
        crc = zlib.crc32(np.ascontiguousarray(codes[rows]).data, crc)
    return crc


def _strips(height: int) -> Iterator[slice]:
    return (slice(top, top + _ROWS) for top in range(0, height, _ROWS))
