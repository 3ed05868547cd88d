"""Still images: one file in, one upright picture out, at the depth it was stored."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from vmatte.core import colour as c
from vmatte.core.errors import InputError, OutputError
from vmatte.core.types import Alpha, Colour, Image
from vmatte.io.orientation import Turn, from_exif
from vmatte.io.pixels import Pixels
from vmatte.io.samples import has_alpha

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".bmp", ".webp", ".tga", ".dpx"))
# How files begin (each format's own specification), and who decodes them.
_CODECS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "mjpeg"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"\x76\x2f\x31\x01", "exr"),
    (b"BM", "bmp"),
    (b"RIFF", "webp"),
    (b"SDPX", "dpx"),
    (b"XPDS", "dpx"),
)
_ORIENTATION = 0x0112
_SRGB = 13


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One decoded image.

    Attributes:
        rgb: (H, W, 3) uint8 or uint16, upright.
        alpha: (H, W) float32, or None.
        depth: Bits per component in the file.
        grey: Whether the file holds no colour.
        codec: FFmpeg's name of the format.
        pixel_format: FFmpeg's name of the layout.
        linear: Whether the file held scene-linear light; `rgb` is sRGB-coded all the same.
    """

    rgb: Image
    alpha: Alpha | None
    depth: int
    grey: bool
    codec: str
    pixel_format: str
    linear: bool


def is_image(path: Path) -> bool:
    """Whether the name is one of a still image."""
    return path.suffix.lower() in SUFFIXES


def read_still(path: Path) -> Still:
    """Decodes an image file and turns it upright.

    Raises:
        InputError: Missing, empty, of no known format, damaged or animated.
    """
    data = _bytes(path)
    codec = _codec(path, data)
    frame = _decoded(path, codec, data)
    turn = from_exif(exif_orientation(data)) if codec in ("mjpeg", "png", "tiff", "webp") else Turn()
    with_alpha = codec != "mjpeg" and has_alpha(frame)  # the fourth channel of a JPEG is black ink
    rgb, _, alpha = Pixels(_coded_colour(frame), turn, with_alpha)(frame)
    layout = frame.format
    depth = 8 if layout.has_palette else max(8, *(part.bits for part in layout.components))
    linear = _is_float(layout)
    grey = layout.name.startswith(("gray", "ya", "mono"))
    return Still(rgb, alpha, depth, grey, codec, layout.name, linear)


def read_image(path: Path | str) -> NDArray[Any]:
    """Pixels of an image file, upright.

    Returns:
        (H, W) for grey, (H, W, 3) RGB, or (H, W, 4) RGBA when the file has alpha; uint8, or uint16 for deeper files.

    Raises:
        InputError: Missing, empty, of no known format, damaged or animated.
    """
    still = read_still(Path(path))
    if still.alpha is not None:
        top = c.unit(still.rgb)
        alpha = np.round(still.alpha * np.float32(top)).astype(still.rgb.dtype)
        return np.dstack([still.rgb, alpha])
    return np.ascontiguousarray(still.rgb[..., 0]) if still.grey else still.rgb


def read_indices(path: Path | str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """What an image with a palette holds before its colours are looked up.

    Returns:
        (H, W) uint8 indices and the (256, 3) uint8 RGB palette; None for an image without one.

    Raises:
        InputError: The file cannot be read as an image.
    """
    path = Path(path)
    data = _bytes(path)
    frame = _decoded(path, _codec(path, data), data)
    if frame.format.name != "pal8":
        return None
    rows = np.frombuffer(bytes(frame.planes[0]), np.uint8).reshape(frame.height, frame.planes[0].line_size)
    # FFmpeg keeps the palette as native 32-bit ARGB.
    colours = np.frombuffer(bytes(frame.planes[1]), np.uint32)[:256]
    palette = np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
    return rows[:, : frame.width].copy(), palette


def write_png(path: Path | str, array: NDArray[Any]) -> None:
    """Stores (H, W), (H, W, 3) RGB or (H, W, 4) RGBA pixels, uint8 or uint16, exactly.

    Raises:
        OutputError: The file cannot be written.
    """
    if array.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"a PNG holds uint8 or uint16, not {array.dtype}")
    if array.ndim == 3:
        array = cv2.cvtColor(array, cv2.COLOR_RGB2BGR if array.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    done, data = cv2.imencode(".png", array)
    if not done:
        raise OutputError(f"{path}: cannot be encoded as PNG")
    try:
        Path(path).write_bytes(data.tobytes())
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def exif_orientation(data: bytes) -> int:
    """The orientation tag in a JPEG, PNG, TIFF or WebP file, 1 to 8; 1 when there is none.

    The tag lives in the first directory of a TIFF structure (CIPA DC-008, 4.6.2), which a TIFF file is, and which the
    other formats carry behind a marker of their own.
    """
    tiff = data if data[:4] in (b"II*\0", b"MM\0*") else _embedded_exif(data)
    try:
        order = "<" if tiff[:2] == b"II" else ">"
        offset = struct.unpack_from(order + "I", tiff, 4)[0]
        for entry in range(struct.unpack_from(order + "H", tiff, offset)[0]):
            tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, offset + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return int(value)
    except struct.error:
        pass
    return 1


def _embedded_exif(data: bytes) -> bytes:
    """The TIFF structure inside a JPEG segment or a PNG or WebP chunk; searched for near the beginning."""
    for marker in (b"Exif\0\0", b"eXIf", b"EXIF"):
        start = data.find(marker, 0, 1 << 20)
        if start >= 0:
            start += len(marker) + (4 if marker == b"EXIF" else 0)  # WebP states the size after the name
            return data[start : start + (1 << 16)]
    return b""


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if not data:
        raise InputError(f"{path}: the file is empty")
    return data


def _codec(path: Path, data: bytes) -> str:
    for start, codec in _CODECS:
        if data.startswith(start):
            if b"acTL" in data[:4096] and codec == "png":
                raise InputError(f"{path}: an animated PNG, where a still image is needed")
            if codec == "webp" and data[12:16] == b"VP8X" and data[20] & 2:
                raise InputError(f"{path}: an animated WebP, which cannot be read; convert it to a video first")
            return codec
    if path.suffix.lower() == ".tga":
        return "targa"
    raise InputError(f"{path}: not an image in a known format (PNG, JPEG, TIFF, EXR, BMP, WebP, TGA, DPX)")


def _decoded(path: Path, codec: str, data: bytes) -> av.VideoFrame:
    decoder = cast(VideoCodecContext, av.CodecContext.create(codec, "r"))
    decoder.thread_count = 1
    frames: list[av.VideoFrame] = []
    try:
        frames += decoder.decode(av.Packet(data))
        frames += decoder.decode(None)
    except EOFError:
        pass
    except (av.FFmpegError, ValueError) as error:
        raise InputError(f"{path}: the image is damaged, or of a kind that cannot be read") from error
    if not frames:
        raise InputError(f"{path}: the image is damaged or holds no picture")
    return frames[0]


def _coded_colour(frame: av.VideoFrame) -> Colour:
    """How an image's numbers become RGB. JPEG and WebP say it themselves; BT.601 is what JFIF prescribes."""
    matrix = int(frame.colorspace)
    full = frame.format.name.startswith(("yuvj", "gray", "ya", "mono")) or int(frame.color_range) == 2
    return Colour(1, _SRGB, matrix if c.has_matrix(matrix) else c.BT601_625, full)


def _is_float(layout: av.VideoFormat) -> bool:
    return "f16" in layout.name or "f32" in layout.name
