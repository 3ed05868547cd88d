"""The published way to run MatAnyone, re-created as a baseline: load all, step, write all.

Every frame is decoded and turned into float32 first, the first one again for each warm-up; every result is kept until
the end, then two 8-bit H.264 files are written: the matte, and the source over green. Run as a process of its own, so
that its memory can be told: `python -m tools.benchmark.published CLIP MASK WEIGHTS FOLDER fp32|bf16`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vmatte.models.matanyone.mask import prepared
from vmatte.models.matanyone.network.weights import load_network
from vmatte.models.matanyone.recurrence import Recurrence
from vmatte.models.matanyone.settings import RecurrenceSettings
from vmatte.models.matanyone.state import State
from vmatte.run.report import peak_rss

_GREEN = np.array([120, 255, 155], np.float32) / 255


def main(clip: str, mask: str, weights: str, folder: str, precision: str) -> None:
    """Runs it and prints seconds and peak memory as JSON."""
    network = load_network(Path(weights))
    started = time.perf_counter()
    frames = _all_frames(clip)
    settings = RecurrenceSettings()
    repeated = torch.cat([frames[:1].repeat(settings.n_warmup, 1, 1, 1), frames]).float() / 255
    first = cv2.imread(mask, cv2.IMREAD_GRAYSCALE)
    assert first is not None
    given = torch.from_numpy(prepared(first, settings.dilate_kernel, settings.erode_kernel))
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    mattes, over = _stepped(Recurrence(network, settings, dtype), repeated, given, settings.n_warmup)
    _write(Path(folder, "pha.mp4"), [np.repeat(matte[..., None], 3, 2) for matte in mattes])
    _write(Path(folder, "fgr.mp4"), over)
    print(json.dumps({"wall": time.perf_counter() - started, "peak_rss": peak_rss(), "frames": len(mattes)}))


def _all_frames(clip: str) -> torch.Tensor:
    with av.open(clip) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2)


def _stepped(
    recurrence: Recurrence, frames: torch.Tensor, mask: torch.Tensor, warmup: int
) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]]:
    mattes, over = [], []
    state = State()
    for index, frame in enumerate(frames):
        if index == 0:
            state, _ = recurrence.step(state, recurrence.encode(frame), mask)
        state, prediction = recurrence.step(state, recurrence.encode(frame), first=index <= warmup)
        if index < warmup:
            continue
        alpha = prediction.alpha.numpy()[..., None]
        picture = frame.permute(1, 2, 0).numpy()
        mattes.append(np.round(alpha[..., 0] * 255).astype(np.uint8))
        over.append(np.round((picture * alpha + _GREEN * (1 - alpha)) * 255).astype(np.uint8))
    return mattes, over


def _write(path: Path, pictures: Sequence[NDArray[np.uint8]]) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(24), options={"crf": "18"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        out.mux(stream.encode(None))


if __name__ == "__main__":
    main(*sys.argv[1:])
