"""One trip through a lossy codec, so that an engine sees what a decoder gives and not what a painter made."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

Image8 = NDArray[np.uint8]


# x264's macroblock tree reads memory that nothing has set: with it, 8 encodings of one clip gave 3 different
# streams, without it always the same one.
STEADY = "mbtree=0"


def tagged(image: Image8) -> av.VideoFrame:
    """RGB pixels as a 4:2:0 picture in BT.709, studio range, and marked so."""
    picture: av.VideoFrame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(
        format="yuv420p",
        src_colorspace=Colorspace.ITU709,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
    picture.color_primaries = picture.color_trc = picture.colorspace = 1  # H.273: BT.709, all three
    picture.color_range = ColorRange.MPEG
    return picture


def through_h264(frames: Sequence[Image8], crf: int = 20, rate: int = 30) -> list[Image8]:
    """The frames after H.264 at 4:2:0, BT.709, studio range; one thread, so the result is the same on every run."""
    store = io.BytesIO()
    height, width = frames[0].shape[:2]
    with av.open(store, "w", format="nut") as out:
        stream = out.add_stream("libx264", rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast", "threads": "1", "x264-params": STEADY}
        for index, image in enumerate(frames):
            picture = tagged(image)
            picture.pts, picture.time_base = index, Fraction(1, rate)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    store.seek(0)
    with av.open(store, "r", format="nut") as back:
        return [
            np.asarray(
                frame.reformat(
                    format="rgb24",
                    src_colorspace=Colorspace.ITU709,
                    dst_colorspace=Colorspace.ITU709,
                    src_color_range=ColorRange.MPEG,
                    dst_color_range=ColorRange.JPEG,
                ).to_ndarray(),
                np.uint8,
            )
            for frame in back.decode(video=0)
        ]
