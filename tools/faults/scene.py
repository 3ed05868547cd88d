"""The job that things are done to: a drawn clip, its mask, and what comes out when nothing is done."""

from __future__ import annotations

import shutil
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from tools.faults.command import Said, ran, results
from tools.synth.codec import STEADY, tagged

SIZE = (64, 48)
_RATE = 24


def write_clip(path: Path, frames: int, size: tuple[int, int] = SIZE, *, sound: bool = True) -> Path:
    """A grey box that goes to and fro before a green screen, and silence, as H.264 and AAC."""
    width, height = size
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=_RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast", "threads": "1", "x264-params": f"{STEADY}:keyint=12"}
        audio = out.add_stream("aac", rate=48000) if sound else None
        for index in range(frames):
            picture = np.full((height, width, 3), (40, 170, 70), np.uint8)
            left = abs((2 * index) % width - width // 2)
            picture[height // 4 :, left : left + width // 3] = 90 + 16 * (index % 5)
            frame = tagged(picture)
            frame.pts, frame.time_base = index, Fraction(1, _RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if audio is not None:
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 48000 * frames // _RATE), np.float32), "fltp", "mono")
            samples.rate, samples.pts = 48000, 0
            out.mux(audio.encode(samples))
            out.mux(audio.encode(None))
    return path


class Scene:
    """A folder with a clip and the results of an undisturbed run in `whole`, which took `seconds`.

    Args:
        folder: An empty one.
        frames: Of the clip.
        outputs: Names of outputs: one that is joined packet by packet, one whose encoder remembers, one of images.
        segment: Frames of a segment.
    """

    def __init__(
        self, folder: Path, frames: int, outputs: tuple[str, ...] = ("alpha", "alpha-mp4", "png16"), segment: int = 16
    ) -> None:
        self.folder, self.frames = folder, frames
        self.clip = write_clip(folder / "clip.mp4", frames, SIZE)
        self.words = ["vmatte.cli", "process", "clip.mp4", "--model", "chroma", "--set", f"run.segment={segment}"]
        self.words += [word for name in outputs for word in ("--output", name)]
        began = time.monotonic()
        said = self.run("whole")
        self.seconds = time.monotonic() - began
        if said.code != 0:
            raise RuntimeError(f"the undisturbed run failed: {said.text}")
        self.wanted = results(folder / "whole")

    def command(self, out: str) -> list[str]:
        """The words of the command."""
        return [*self.words, "--out", out]

    def run(self, out: str) -> Said:
        """Runs it to its end."""
        return ran(self.command(out), self.folder)

    def results(self, out: str) -> dict[str, str]:
        """What has a final name."""
        return results(self.folder / out)

    def journal(self, out: str) -> Path:
        """The head of the journal, which is there from the first whole segment on."""
        return self.folder / out / "clip.journal" / "journal.json"

    def forget(self, out: str) -> None:
        """Removes results."""
        shutil.rmtree(self.folder / out, ignore_errors=True)

    def images(self, name: str, count: int) -> Path:
        """A folder of images instead of a video."""
        folder = self.folder / name
        folder.mkdir()
        for index in range(count):
            cv2.imwrite(str(folder / f"{index:04d}.png"), np.full((*SIZE[::-1], 3), 40 + index, np.uint8))
        return folder
