"""A tiny drawn clip with a known subject, for tests of the whole run."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

SIZE = (128, 96)


def disc(index: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Alpha of the subject, (H, W) float32: a disc that drifts to the right, and back after 12 frames."""
    width, height = size
    y, x = np.mgrid[:height, :width].astype(np.float32)
    distance = np.hypot(x - width * 0.35 - 1.5 * abs((index + 12) % 24 - 12), y - height / 2)
    return np.asarray(np.clip(height / 4 - distance, 0, 1), np.float32)


def picture(index: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A red textured disc before a grey-blue textured wall that pans, (H, W, 3) uint8."""
    width, height = size
    rng = np.random.default_rng(0)
    wall = rng.integers(60, 130, (height // 8 + 1, width // 8, 3)).astype(np.float32)
    wall = np.roll(cv2.resize(wall, (width, height), interpolation=cv2.INTER_CUBIC), -index, axis=1)
    coat = cv2.resize(rng.integers(0, 60, (6, 6)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    subject = np.stack([190 + coat, 40 + coat / 2, 40 + coat / 3], axis=2)
    alpha = disc(index, size)[..., None]
    return np.asarray(np.clip(subject * alpha + wall * (1 - alpha), 0, 255), np.uint8)


def clip(path: Path, count: int = 6, size: tuple[int, int] = SIZE, sound: bool = False) -> Path:
    """Writes it as H.264 at 24 frames a second, with a second of tone if asked for."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.options = {"crf": "12"}
        stream.time_base = stream.codec_context.time_base = Fraction(1, 12288)
        audio = out.add_stream("aac", rate=48000) if sound else None
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(picture(index, size), "rgb24").reformat(
                format="yuv420p", dst_colorspace=1, dst_color_range=1
            )
            frame.colorspace = stream.codec_context.colorspace = 1
            frame.color_range = stream.codec_context.color_range = 1
            frame.pts, frame.time_base = index * 512, Fraction(1, 12288)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if audio is not None:
            tone = av.AudioFrame.from_ndarray(np.zeros((1, 12000), np.float32), "fltp", "mono")
            tone.rate, tone.pts = 48000, 0
            out.mux(audio.encode(tone))
            out.mux(audio.encode(None))
    return path


def mask(path: Path, index: int = 0, size: tuple[int, int] = SIZE) -> Path:
    """Writes the subject of frame `index` as a black and white PNG."""
    cv2.imwrite(str(path), np.where(disc(index, size) >= 0.5, 255, 0).astype(np.uint8))
    return path
