"""The colour description of a clip, its gaps filled by one stated rule."""

from __future__ import annotations

from dataclasses import dataclass

from vmatte.core import colour as c
from vmatte.core.errors import InputError
from vmatte.core.types import Colour
from vmatte.io.options import MATRICES, RANGES, InputOptions

_ICTCP = 14
_UNSTATED = (0, 2, 3)  # H.273: reserved, unspecified, reserved
_FULL, _LIMITED = 2, 1  # FFmpeg's colour ranges
_NAMES = {0: "RGB", 1: "BT.709", 4: "FCC", 5: "BT.601", 6: "BT.601", 7: "SMPTE 240M", 8: "YCgCo", 9: "BT.2020"}


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says: H.273 code points, FFmpeg's range, and the coded picture they belong to."""

    primaries: int
    transfer: int
    matrix: int
    range: int
    width: int
    height: int
    pixel_format: str
    rgb: bool


def resolve(tags: Tags, options: InputOptions) -> tuple[Colour, tuple[str, ...]]:
    """The colour of a clip, and what had to be assumed in plain words.

    The rule for an unstated matrix: BT.2020 with BT.2020 primaries; else BT.709 from 1280 columns or above 576 rows;
    else BT.601 (625 lines for 576 rows, 525 lines otherwise). Primaries and transfer follow the matrix. Range is
    limited except for RGB, grey and the `yuvj` formats.

    Raises:
        InputError: The matrix is ICtCp, which is no matrix of RGB.
    """
    guessed: list[str] = []
    notes: list[str] = []
    matrix = _matrix(tags, options, guessed, notes)
    primaries = tags.primaries
    if primaries in _UNSTATED:
        guessed.append("primaries")
        primaries = matrix if matrix in (c.BT601_625, c.BT601_525, c.BT2020) else c.BT709
    transfer = tags.transfer
    if transfer in _UNSTATED:
        guessed.append("transfer")
        transfer = 13 if tags.rgb else 1
    full = _full_range(tags, options, guessed)
    if guessed:
        names = ", ".join(name.replace("full_range", "range") for name in guessed)
        meaning = f"{_NAMES.get(matrix, matrix)}, {'full' if full else 'limited'} range"
        notes.append(f"the file does not state its colour {names}; read as {meaning} ({tags.width}x{tags.height})")
    return Colour(primaries, transfer, matrix, full, tuple(guessed)), tuple(notes)


def _matrix(tags: Tags, options: InputOptions, guessed: list[str], notes: list[str]) -> int:
    if tags.rgb:
        return c.RGB
    if options.matrix != "auto":
        return MATRICES[options.matrix]
    if tags.matrix == _ICTCP:
        raise InputError("its colours are coded as ICtCp, which vmatte does not read; convert it to BT.2020 YUV first")
    if tags.matrix == c.BT2020_CONSTANT:
        notes.append("constant-luminance BT.2020 is read with the non-constant-luminance matrix")
        return c.BT2020
    if c.has_matrix(tags.matrix):
        return tags.matrix
    guessed.append("matrix")
    if tags.primaries == c.BT2020:
        return c.BT2020
    if tags.width >= 1280 or tags.height > 576:
        return c.BT709
    return c.BT601_625 if tags.height == 576 else c.BT601_525


def _full_range(tags: Tags, options: InputOptions, guessed: list[str]) -> bool:
    if tags.rgb or tags.pixel_format.startswith("yuvj"):
        return True
    if options.range != "auto":
        return RANGES[options.range]
    if tags.range in (_FULL, _LIMITED):
        return tags.range == _FULL
    guessed.append("full_range")
    return tags.pixel_format.startswith(("gray", "ya8", "ya16", "mono"))
