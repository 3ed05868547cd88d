"""WebM from frames and durations."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from vmatte.core.types import Clip, Image8, Picture
from vmatte.io.writers.video import VideoWriter
from vmatte.io.writers.vp9 import WebmOptions, webm


def encode_webm(frames: Iterable[Image8], durations: Sequence[int], options: WebmOptions) -> bytes:
    """The bytes of a silent WebM that plays (H, W, 4) uint8 straight RGBA `frames`, each for some milliseconds."""
    rate = Fraction(1000 * len(durations), sum(durations)).limit_denominator(1001)
    at = 0
    with tempfile.TemporaryDirectory(prefix="vmatte-webm-") as folder:
        path = Path(folder) / "animation.webm"
        writer: VideoWriter | None = None
        try:
            for index, (frame, duration) in enumerate(zip(frames, durations, strict=True)):
                if writer is None:
                    clip = Clip(path, frame.shape[1], frame.shape[0], rate, Fraction(1, 1000))
                    writer = VideoWriter(path, clip, webm(clip, replace(options, audio=False)))
                alpha = frame[..., 3].astype(np.float32) / np.float32(255)
                writer.write(Picture(index, at, duration, frame[..., :3], alpha))
                at += duration
            assert writer is not None
            writer.finish()
            writer.publish()
        finally:
            if writer is not None:
                writer.__exit__(None, None, None)
        return path.read_bytes()
