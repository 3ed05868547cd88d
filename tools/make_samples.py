"""Writes the clips of `samples/`: five drawn scenes with their hints and their true alpha.

Run `python -m tools.make_samples`; the same files come out each time on one platform.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tools.synth import Camera, Kind, Synthetic, scene
from tools.synth.codec import STEADY, tagged
from tools.synth.film import Image8, Place, Plane
from tools.synth.places import park, room

RATE, FRAMES = 24, 24
NOISE = 1.5  # codes; a little less than the benchmark's, the files are to stay small


@dataclass(frozen=True)
class Sample:
    """One scene and how it is stored.

    Attributes:
        name: Stem of its files.
        kind: What happens.
        camera: How it is filmed.
        seed: Who appears.
        size: Width and height.
        place: Backdrop; None for a screen.
        hint: `mask`, `plate` or nothing.
        sound: Whether it has an audio stream.
        images: A folder of PNG files in place of a video.
    """

    name: str
    kind: Kind
    camera: Camera
    seed: int
    size: tuple[int, int] = (480, 270)
    place: Place | None = None
    hint: str = ""
    sound: bool = False
    images: bool = False
    options: dict[str, Any] = field(default_factory=dict)


SAMPLES = (
    Sample("walker", "walker", "moving", 8, place=park, hint="mask", sound=True, options={"shadow": True}),
    Sample("fluffy", "fur", "moving", 2, place=park, hint="mask", options={"shadow": True}),
    Sample("greenscreen", "walker", "screen", 5, options={"screen_colour": "green"}),
    Sample("hallway", "walker", "crossing", 7, place=room, hint="plate"),
    Sample("emoji", "emoji", "screen", 2, size=(256, 256), images=True, options={"noise": 0}),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draws and writes every sample."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("samples"))
    parser.add_argument("names", nargs="*", help="only these samples")
    chosen = parser.parse_args(arguments)
    for sample in SAMPLES:
        if not chosen.names or sample.name in chosen.names:
            write(sample, chosen.out)
            print(f"{sample.name}: {sum(f.stat().st_size for f in files(sample, chosen.out)) / 1e3:.0f} kB")
    return 0


def write(sample: Sample, folder: Path) -> None:
    """One sample: clip, hint and truth."""
    drawn = {"noise": NOISE, "crf": None, "place": sample.place, **sample.options}
    clip = scene(sample.kind, sample.camera, sample.seed, sample.size, FRAMES, **drawn)
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    if sample.images:
        write_images(clip, folder / sample.name)
    else:
        write_video(clip.frames, folder / f"{sample.name}.mp4", sound=sample.sound)
    if sample.hint == "mask":
        write_image(clip.mask, folder / f"{sample.name}.mask.png")
    if sample.hint == "plate" and clip.plate is not None:
        write_image(clip.plate, folder / f"{sample.name}.plate.png")
    write_truth(clip.alpha, folder / "truth" / f"{sample.name}.mkv")


def files(sample: Sample, folder: Path) -> list[Path]:
    """Everything that was written for a sample."""
    return [path for path in folder.rglob(f"{sample.name}*") if path.is_file()]


def write_images(clip: Synthetic, folder: Path) -> None:
    """One PNG a frame."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, frame in enumerate(clip.frames):
        write_image(frame, folder / f"{folder.name}.{index:04d}.png")


def write_image(image: Image8, path: Path) -> None:
    """A PNG of RGB or grey pixels."""
    pixels = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(path), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def write_video(frames: Sequence[Image8], path: Path, sound: bool) -> None:
    """H.264 at 4:2:0 with BT.709 stated, and a soft tone if wanted."""
    height, width = frames[0].shape[:2]
    with av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as out:
        video = out.add_stream("libx264", rate=Fraction(RATE))
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.options = {"crf": "20", "preset": "slow", "threads": "1", "x264-params": STEADY}
        context = video.codec_context
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = 1, 1, 1, 1
        audio = out.add_stream("aac", rate=48000, layout="mono", bit_rate=64000) if sound else None
        for index, image in enumerate(frames):
            picture = tagged(image)
            picture.pts, picture.time_base = index, Fraction(1, RATE)
            out.mux(video.encode(picture))
        out.mux(video.encode(None))
        if audio is not None:
            for block in tone(len(frames) / RATE):
                out.mux(audio.encode(block))
            out.mux(audio.encode(None))


def tone(seconds: float) -> list[av.AudioFrame]:
    """Two soft notes a fifth apart, faded in and out, in blocks of an AAC frame."""
    time = np.arange(round(seconds * 48000)) / 48000
    fade = np.minimum(1, 8 * np.minimum(time, seconds - time))
    wave = 0.12 * fade * (np.sin(2 * np.pi * 220 * time) + 0.6 * np.sin(2 * np.pi * 330 * time))
    blocks = []
    for start in range(0, len(wave), 1024):
        block = av.AudioFrame.from_ndarray(wave[None, start : start + 1024].astype(np.float32), "fltp", "mono")
        block.sample_rate, block.pts, block.time_base = 48000, start, Fraction(1, 48000)
        blocks.append(block)
    return blocks


def write_truth(alphas: Sequence[Plane], path: Path) -> None:
    """The alpha as a lossless grey FFV1 video: 0 background, 255 subject."""
    height, width = alphas[0].shape
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as out:
        video = out.add_stream("ffv1", rate=Fraction(RATE))
        video.width, video.height, video.pix_fmt = width, height, "gray"
        video.codec_context.color_range = 2
        video.options = {"level": "3", "coder": "1", "context": "1", "g": str(len(alphas)), "threads": "1"}
        for index, alpha in enumerate(alphas):
            picture = av.VideoFrame.from_ndarray(np.rint(alpha * 255).astype(np.uint8), format="gray")
            picture.pts, picture.time_base = index, Fraction(1, RATE)
            out.mux(video.encode(picture))
        out.mux(video.encode(None))


if __name__ == "__main__":
    sys.exit(main())
