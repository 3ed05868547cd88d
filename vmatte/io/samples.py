"""The numbers inside a decoded frame, component by component, without letting the scaler near their values.

FFmpeg's scaler rounds alpha (FORMATS: 127 of 256 codes change) and maps deep white to 65283 of 65535, so components are
read straight from memory. Only packings that hold the same numbers in another order are unpacked by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import av
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]

_YUV = re.compile(r"yuv(?P<j>j?)(?P<alpha>a?)(?P<sub>\d{3})p(?P<bits>\d*)(le|be)?")
_GBR = re.compile(r"gbr(?P<alpha>a?)p(?P<float>f?)(?P<bits>\d*)(le|be)?")
_GREY = re.compile(r"(gray(?P<float>f?)|y(?P<alpha>a))(?P<bits>\d*)(le|be)?")
_PACKED = re.compile(
    r"(?P<order>rgb|bgr)(24|48le|48be)|(?P<four>[rgba0]{4})(64le|64be)?|(?P<float>rgba?)f(16|32)(le|be)"
)
# log2 of how many columns and rows share one chroma sample.
_SHARED = {"444": (0, 0), "422": (1, 0), "420": (1, 1), "411": (2, 0), "440": (0, 1), "410": (2, 2)}


@dataclass(frozen=True, slots=True)
class Samples:
    """Components in the file's own codes.

    Attributes:
        kind: What `planes` holds: Y, U, V; or R, G, B; or grey alone.
        planes: (h, w) arrays; chroma smaller by `shared`. They point into the decoder's memory: read, do not keep.
        alpha: (H, W), or None.
        depth: Bits per component; 0 for floats.
        shared: log2 of the columns and rows that share a chroma sample.
        centred: Whether chroma sits midway between luma columns (JPEG) rather than on the left one (MPEG).
    """

    kind: Literal["yuv", "rgb", "grey"]
    planes: tuple[Plane, ...]
    alpha: Plane | None
    depth: int
    shared: tuple[int, int] = (0, 0)
    centred: bool = False


def samples(frame: av.VideoFrame) -> Samples:
    """The components of `frame`, whatever its pixel format."""
    name = frame.format.name
    if match := _YUV.fullmatch(name):
        return _yuv(frame, match)
    if match := _GBR.fullmatch(name):
        planes = tuple(_plane(frame, index) for index in (2, 0, 1))
        return Samples("rgb", planes, _plane(frame, 3) if match["alpha"] else None, _depth(match))
    if match := _GREY.fullmatch(name):
        if match["alpha"]:
            both = _packed(frame, 2, int(match["bits"]) // 8)
            return Samples("grey", (both[..., 0],), both[..., 1], int(match["bits"]))
        return Samples("grey", (_plane(frame, 0),), None, _depth(match))
    if match := _PACKED.fullmatch(name):
        return _packed_rgb(frame, match)
    return samples(_unpacked(frame))


def has_alpha(frame: av.VideoFrame) -> bool:
    """Whether a frame carries alpha; a palette does if any colour in use is not opaque."""
    if frame.format.has_palette:
        alpha = samples(frame).alpha
        return alpha is not None and bool((alpha < 255).any())
    return any(part.is_alpha for part in frame.format.components)


def _depth(match: re.Match[str]) -> int:
    return 0 if match["float"] else int(match["bits"] or 8)


def _yuv(frame: av.VideoFrame, match: re.Match[str]) -> Samples:
    planes = tuple(_plane(frame, index) for index in range(3))
    alpha = _plane(frame, 3) if match["alpha"] else None
    return Samples("yuv", planes, alpha, int(match["bits"] or 8), _SHARED[match["sub"]], bool(match["j"]))


def _packed_rgb(frame: av.VideoFrame, match: re.Match[str]) -> Samples:
    order = match["order"] or match["four"] or match["float"]
    size = frame.format.components[0].bits // 8
    pixels = _packed(frame, len(order), size)
    planes = tuple(pixels[..., order.index(letter)] for letter in "rgb")
    depth = 0 if match["float"] else 8 * size
    return Samples("rgb", planes, pixels[..., order.index("a")] if "a" in order else None, depth)


def _dtype(frame: av.VideoFrame, size: int) -> np.dtype[Any]:
    name = frame.format.name
    kind = "f" if re.search(r"f(16|32)(le|be)$", name) else "u"
    return np.dtype(f"{'>' if name.endswith('be') else '<'}{kind}{size}")


def _native(array: Plane) -> Plane:
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _plane(frame: av.VideoFrame, index: int) -> Plane:
    plane: Any = frame.planes[index]
    bits = max(component.bits for component in frame.format.components)
    dtype = _dtype(frame, -(-bits // 8))
    shape, strides = (plane.height, plane.width), (plane.line_size, dtype.itemsize)
    return _native(np.ndarray(shape, dtype, buffer=plane, strides=strides))


def _packed(frame: av.VideoFrame, channels: int, size: int) -> Plane:
    plane: Any = frame.planes[0]
    dtype, strides = _dtype(frame, size), (plane.line_size, channels * size, size)
    return _native(np.ndarray((frame.height, frame.width, channels), dtype, buffer=plane, strides=strides))


def _unpacked(frame: av.VideoFrame) -> av.VideoFrame:
    """The same numbers in a planar or plainly packed format."""
    target = unpacked_format(frame.format)
    return frame.reformat(
        format=target, src_colorspace=1, dst_colorspace=1, src_color_range=2, dst_color_range=2, threads=1
    )


def unpacked_format(pixel_format: av.VideoFormat) -> str:
    """The format that `samples` reads in place of one it does not know."""
    parts = pixel_format.components
    alpha = "a" if any(part.is_alpha for part in parts) else ""
    depth = max(part.bits for part in parts)
    if pixel_format.has_palette:
        return "rgba"
    if pixel_format.is_rgb or pixel_format.name.startswith("xyz"):
        deep = f"gbr{alpha}p{'16' if depth > 12 else depth}le"
        return deep if depth > 8 else f"rgb{alpha or '24'}"
    if len(parts) < 3:
        return "gray" if depth <= 8 else f"gray{depth}le"
    first, chroma = parts[0], parts[1]
    shared = (round(first.width / chroma.width).bit_length() - 1, round(first.height / chroma.height).bit_length() - 1)
    sub = next((name for name, value in _SHARED.items() if value == shared), "444")
    return f"yuv{alpha}{sub}p" + (f"{depth}le" if depth > 8 else "")
