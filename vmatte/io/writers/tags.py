"""Colour tags of written files, as ITU-T H.273 code points.

A player believes the tags, so they must name the numbers that are really in the file: code points that a target
cannot store are replaced by ones of the same meaning, never by a different colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmatte.core.types import HLG, PQ, Colour

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.codeccontext import VideoCodecContext

LIMITED, FULL = 1, 2
_UNSPECIFIED = 2

# SMPTE RDD 36 (ProRes bitstream), tables 5 to 7, lists these code points and no others.
_PRIMARIES = (1, 5, 6, 9, 11, 12)
_MATRICES = {1: 1, 5: 6, 6: 6, 9: 9}
_TRANSFERS = (PQ, HLG)


@dataclass(frozen=True, slots=True)
class Tags:
    """What is written on the codec context and on every frame; both are needed, see `put`."""

    primaries: int = _UNSPECIFIED
    transfer: int = _UNSPECIFIED
    matrix: int = _UNSPECIFIED
    levels: int = LIMITED

    def put(self, target: VideoCodecContext | VideoFrame) -> None:
        """Tags a codec context (read by the container) or a frame (read by the encoder for its own headers)."""
        target.color_primaries = self.primaries
        target.color_trc = self.transfer
        target.colorspace = self.matrix
        target.color_range = self.levels


# Luma of a matte for players: plain BT.709 video levels.
VIDEO = Tags(1, 1, 1, LIMITED)
# A matte is coverage, not light: it has levels and no colour.
COVERAGE = Tags(levels=FULL)


def yuv_tags(colour: Colour) -> Tags:
    """Tags of a YUV file in the clip's own matrix; RGB clips become BT.709, or BT.2020 if their primaries are.

    BT.601 code point 5 becomes 6 (same matrix), and the curves of BT.709, BT.601, sRGB and BT.2020 SDR are all
    written as 1, the only SDR curve RDD 36 knows.
    """
    matrix = _MATRICES.get(colour.matrix, 9 if colour.primaries == 9 else 1)
    primaries = colour.primaries if colour.primaries in _PRIMARIES else {6: 6, 9: 9}.get(matrix, 1)
    return Tags(primaries, colour.transfer if colour.transfer in _TRANSFERS else 1, matrix, LIMITED)


def png_tags(colour: Colour) -> Tags:
    """Tags of an RGB still: sRGB, or the clip's own primaries and curve when it is HDR (a `cICP` chunk)."""
    if colour.hdr:
        return Tags(colour.primaries, colour.transfer, 0, FULL)
    return Tags(1, 13, 0, FULL)
