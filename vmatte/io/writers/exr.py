"""`exr`: OpenEXR files, one per picture: scene-linear light, premultiplied, as compositors expect.

Written with the OpenEXR library, for FFmpeg's own encoder knows no chromaticities, time codes, layers or DWA. It is an
optional package. Several objects are layers of one file, `anna.R` beside `R`, as the Technical Introduction to OpenEXR
names them.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmatte.core.errors import ConfigError, OutputError
from vmatte.core.light import SDR_WHITE, linear_table
from vmatte.core.types import HLG, PQ, Clip, Picture
from vmatte.io.writers.recipe import check_choice
from vmatte.io.writers.sequence import Images, Store

_COMPRESSIONS = ("none", "rle", "zips", "zip", "piz", "dwaa", "dwab")
# Red, green, blue and white points by H.273 code point (table 2).
_D65, _C = (0.3127, 0.3290), (0.310, 0.316)
_PRIMARIES = {
    1: (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *_D65),
    4: (0.670, 0.330, 0.210, 0.710, 0.140, 0.080, *_C),
    5: (0.640, 0.330, 0.290, 0.600, 0.150, 0.060, *_D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
}
# SMPTE ST 12-1 counts 30 frames a second, and 60 in pairs.
_FASTEST = 60


@dataclass(frozen=True, slots=True)
class ExrOptions:
    """Options of `exr`.

    Attributes:
        depth: `half` (11 significant bits) or `float`.
        compression: `none`, `rle`, `zips`, `zip`, `piz` lose nothing; `dwaa` and `dwab` lose a little colour, no alpha.
        quality: DWA's compression level, more is smaller; 45 is the library's default and hard to see.
        workers: Encoders side by side; 0 for one per free processor.
    """

    depth: str = "half"
    compression: str = "zip"
    quality: float = 45.0
    workers: int = 0

    def __post_init__(self) -> None:
        check_choice("depth", self.depth, ("half", "float"))
        check_choice("compression", self.compression, _COMPRESSIONS)
        if not 0 < self.quality <= 500:
            raise ConfigError(f"quality must be above 0, up to 500, not {self.quality}")


def exr_images(clip: Clip, options: ExrOptions) -> Images:
    """A sequence of EXR files.

    Raises:
        OutputError: The OpenEXR package is not installed.
    """
    library = _library()
    kind: Any = np.float16 if options.depth == "half" else np.float32
    header = _header(library, clip, options)

    def store() -> Store:
        def draw(picture: Picture) -> tuple[bytes, int]:
            channels: dict[str, NDArray[Any]] = {}
            _put(channels, "", picture, clip.colour.transfer, kind)
            for other in picture.others:
                _put(channels, f"{other.name}.", other, clip.colour.transfer, kind)
            mark = _fingerprint(channels)  # the library replaces the dictionary's arrays by objects of its own
            data = io.BytesIO()
            library.File({**header, **_time_code(library, clip, picture)}, channels, 0).write(data)
            return data.getvalue(), mark

        return draw

    return Images(".exr", store, _reader(library, clip, kind))


def _library() -> Any:  # noqa: ANN401  the package has no types
    try:
        import OpenEXR
    except ImportError as error:
        raise OutputError('the output exr needs the package OpenEXR: pip install "vmatte[exr]"') from error
    return OpenEXR


def _header(library: Any, clip: Clip, options: ExrOptions) -> dict[str, Any]:  # noqa: ANN401
    header: dict[str, Any] = {
        "compression": getattr(library, f"{options.compression.upper().replace('NONE', 'NO')}_COMPRESSION"),
        "type": library.scanlineimage,
        "chromaticities": _PRIMARIES.get(clip.colour.primaries, _PRIMARIES[1]),
        "framesPerSecond": Fraction(clip.rate),
        "pixelAspectRatio": float(clip.sample_aspect),
    }
    if options.compression.startswith("dwa"):
        header["dwaCompressionLevel"] = options.quality
    if clip.colour.transfer in (PQ, HLG):
        # What light of 1 is on a display (BT.2408-7, table 1).
        header["whiteLuminance"] = SDR_WHITE
    return header


def _time_code(library: Any, clip: Clip, picture: Picture) -> dict[str, Any]:  # noqa: ANN401
    """Non-drop time code of a picture's own time; none where the rate has none."""
    rate = round(clip.rate)
    if not 1 <= rate <= _FASTEST:
        return {}
    count = max(0, round(picture.pts * clip.time_base * clip.rate))
    code = library.TimeCode()
    seconds, code.frame = divmod(count, rate)
    code.hours, code.minutes, code.seconds = seconds // 3600 % 24, seconds // 60 % 60, seconds % 60
    return {"timeCode": code}


def _put(channels: dict[str, NDArray[Any]], layer: str, picture: Picture, transfer: int, kind: Any) -> None:  # noqa: ANN401
    if picture.colour is None:
        raise OutputError("this output needs colour: give it a view with colour and alpha")
    alpha = picture.alpha
    if alpha is not None:
        if np.isnan(alpha.sum()):
            raise OutputError("the alpha holds values that are not numbers: the model failed on this frame")
        alpha = np.clip(alpha, 0, 1)
    table = linear_table(transfer, 8 * picture.colour.dtype.itemsize)
    for index, letter in enumerate("RGB"):
        light = table[picture.colour[..., index]]
        channels[layer + letter] = (light if alpha is None else light * alpha).astype(kind)
    channels[layer + "A"] = np.ones_like(channels[layer + "R"]) if alpha is None else alpha.astype(kind)


def _fingerprint(channels: dict[str, NDArray[Any]]) -> int:
    """Of all alphas."""
    crc = 0
    for name in sorted(name for name in channels if name.endswith("A")):
        crc = zlib.crc32(np.ascontiguousarray(channels[name]).data, crc)
    return crc


def _reader(library: Any, clip: Clip, kind: Any) -> Callable[[Path], int]:  # noqa: ANN401
    def read(path: Path) -> int:
        try:
            file = library.File(io.BytesIO(path.read_bytes()), separate_channels=True, num_threads=0)
        except RuntimeError as error:
            raise OutputError(f"{path} cannot be read back ({error}): run again") from error
        found = {name: channel.pixels for name, channel in file.channels().items()}
        right = all(part.dtype == kind and part.shape == (clip.height, clip.width) for part in found.values())
        return _fingerprint(found) if right else -1

    return read
