"""Clips shared by the reading tests, written once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests.clips import Recipe, numbered, write_clip
from vmatte.io.images import write_png
from vmatte.io.open import open_source
from vmatte.io.options import InputOptions

cv2.setNumThreads(1)

# Uneven frame times at 1/90000 from half a second on, as a phone records them.
UNEVEN = tuple(45000 + int(step) for step in np.cumsum([0, 3003, 3003, 1500, 6000, 3003, 3003, 9000, 1501, 3003, 3003]))
HIGH_QUALITY = {"crf": "8", "preset": "ultrafast"}


@dataclass(frozen=True)
class Kind:
    """A kind of clip, how to make one, and what must come out of it."""

    name: str
    make: Callable[[Path], Path]
    count: int
    pts: Sequence[int]
    options: InputOptions = field(default_factory=lambda: InputOptions(threads=1))
    depth: int = 8
    alpha: bool = False
    rotation: int = 0

    def open(self, folder: Path) -> Any:
        return open_source(self.make(folder), self.options)


def video(name: str, recipe: Recipe, count: int, alpha_top: int = 0) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        alphas = [ramp(alpha_top)] * count if alpha_top else []
        return write_clip(folder / name, [numbered(index) for index in range(count)], recipe, alphas)

    return make


def ramp(top: int, width: int = 64, height: int = 48) -> np.ndarray:
    """Alpha codes from 0 to `top`, both included."""
    codes = np.linspace(0, top, width * height).round().reshape(height, width)
    return codes.astype(np.uint8 if top < 256 else np.uint16)


def images(folder: Path, pattern: str, numbers: Sequence[int], deep: bool = False, alpha: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    for place, number in enumerate(numbers):
        picture: Any = numbered(place)
        if alpha:
            picture = np.dstack([picture, ramp(255)])
        write_png(folder / (pattern % number), picture.astype(np.uint16) * 257 if deep else picture)
    return folder


def write_exr(folder: Path, light: np.ndarray, alpha: np.ndarray, count: int = 3, form: str = "half") -> Path:
    """EXR images of linear, premultiplied light, `beauty.0001.exr` and on."""
    height, width = alpha.shape
    with av.open(str(folder / "beauty.%04d.exr"), "w", format="image2") as out:
        stream: Any = out.add_stream("exr", rate=24, options={"format": form})
        stream.width, stream.height, stream.pix_fmt = width, height, "gbrapf32le"
        for _ in range(count):
            frame = av.VideoFrame(width, height, "gbrapf32le")
            for plane, numbers in zip(frame.planes, (light[..., 1], light[..., 2], light[..., 0], alpha), strict=True):
                memory = np.zeros((height, plane.line_size // 4), np.float32)
                memory[:, :width] = numbers
                plane.update(memory.tobytes())
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return folder


OPEN_GOP = {**HIGH_QUALITY, "x264-params": "open-gop=1:keyint=6:min-keyint=3:bframes=3:b-pyramid=normal:scenecut=0"}
X265 = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1:keyint=5:bframes=2"}
WOVEN = {**HIGH_QUALITY, "flags": "+ildct+ilme", "x264-params": "tff=1:bframes=2:keyint=6"}
B_FRAMES = {**HIGH_QUALITY, "bf": "2", "g": "6"}


def _woven(mode: str) -> InputOptions:
    return InputOptions(threads=1, deinterlace=mode)


KINDS = [
    Kind(
        "uneven-mp4",
        video("a.mp4", Recipe(pts=UNEVEN, time_base=Fraction(1, 90000), options=B_FRAMES, sound=True), 11),
        11,
        UNEVEN,
    ),
    Kind("open-gop-mp4", video("a.mp4", Recipe(options=OPEN_GOP), 20), 20, range(0, 20 * 512, 512)),
    Kind("threads-mp4", video("a.mp4", Recipe(options=B_FRAMES), 12), 12, range(0, 6144, 512), InputOptions()),
    Kind("mpeg-ts", video("a.ts", Recipe(options=B_FRAMES), 12), 12, range(7200, 7200 + 12 * 3600, 3600)),
    Kind("raw-h264", video("a.h264", Recipe(options=B_FRAMES), 8), 8, range(0, 8 * 48000, 48000)),
    Kind("avi-b-frames", video("a.avi", Recipe(options=B_FRAMES), 12), 12, range(12)),
    Kind("mpeg2-ps", video("a.mpg", Recipe("mpeg2video", options={"bf": "2", "g": "6", "q": "2"}), 12), 12, ()),
    Kind(
        "ffv1-422-10",
        video("a.mkv", Recipe("ffv1", "yuv422p10le", options={"level": "3"}), 6),
        6,
        range(0, 240, 40),
        depth=10,
    ),
    Kind(
        "prores-4444",
        video("a.mov", Recipe("prores_ks", "yuva444p10le", options={"profile": "4444", "alpha_bits": "16"}), 5, 1023),
        5,
        range(0, 2560, 512),
        depth=12,
        alpha=True,
    ),
    Kind(
        "vp9-alpha",
        video("a.webm", Recipe("libvpx-vp9", "yuva420p", options={"lossless": "1", "g": "4"}), 10, 255),
        10,
        range(0, 400, 40),
        alpha=True,
    ),
    Kind(
        "pq-hevc", video("a.mp4", Recipe("libx265", "yuv420p10le", options=X265), 8), 8, range(0, 4096, 512), depth=10
    ),
    Kind("woven-frames", video("a.mp4", Recipe(options=WOVEN), 9), 9, range(0, 9 * 512, 512), _woven("frame")),
    Kind("woven-fields", video("a.mp4", Recipe(options=WOVEN), 9), 18, range(0, 18 * 512, 512), _woven("field")),
    Kind("woven-left", video("a.mp4", Recipe(options=WOVEN), 9), 9, range(0, 9 * 512, 512), _woven("off")),
    Kind("one-frame", video("a.mp4", Recipe(options=HIGH_QUALITY), 1), 1, (0,)),
    Kind("folder", lambda folder: images(folder / "shot", "shot_%d.png", (1, 2, 9, 10, 11)), 5, range(5)),
    Kind("rgba-folder", lambda folder: images(folder / "s", "%03d.png", range(3), alpha=True), 3, range(3), alpha=True),
    Kind(
        "pattern",
        lambda folder: images(folder, "a_%04d.png", range(7, 11), deep=True) / "a_%04d.png",
        4,
        range(4),
        depth=16,
    ),
    Kind("glob", lambda folder: images(folder, "a_%04d.png", range(4)) / "a_*.png", 4, range(4)),
    Kind("still", lambda folder: images(folder, "%d.png", (0,)) / "0.png", 1, (0,)),
]


@pytest.fixture(scope="session", params=KINDS, ids=lambda kind: kind.name)
def kind(request, tmp_path_factory):
    """One kind of clip with its opened source and all its frames."""
    wanted: Kind = request.param
    source = wanted.open(tmp_path_factory.mktemp(wanted.name))
    return wanted, source, list(source.frames())
