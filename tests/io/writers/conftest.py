"""Clips with known sound and timestamps, pictures with known alpha, and what comes back of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from vmatte.core.types import Clip, Colour, Picture
from vmatte.io.writers import Cut, OutputWriter, open_writer, output_path

Codes = NDArray[Any]


# Outputs that are written in ways of their own; each of the others shares its writer with one of these.
STREAMED = ["prores", "alpha", "alpha-mp4", "png16", "rgba-png", "exr", "webm", "qtrle", "over"]
GATHERED = ["gif", "apng", "webp", "sheet"]


def make_clip(width: int = 48, height: int = 32, **facts: Any) -> Clip:
    facts = {"rate": Fraction(30), "time_base": Fraction(1, 90000), **facts}
    return Clip(path=Path("clip.mp4"), width=width, height=height, **facts)


def codes(index: int, shape: tuple[int, ...], top: int) -> Codes:
    """Random codes that hold 0, 1, top - 1 and top."""
    found = np.random.default_rng(index).integers(0, top + 1, shape, dtype=np.int64)
    found.flat[:4] = 0, 1, top - 1, top
    return found


def picture(clip: Clip, index: int, pts: int | None = None, top: int = 1023) -> Picture:
    """Random straight colour as deep as the clip, and random alpha of codes in [0, top]."""
    kind: Any = np.uint8 if clip.depth == 8 else np.uint16
    rng = np.random.default_rng(index + 1000)
    colour = rng.integers(0, np.iinfo(kind).max + 1, (clip.height, clip.width, 3), dtype=kind)
    alpha = (codes(index, (clip.height, clip.width), top) / top).astype(np.float32)
    ticks = round(1 / (clip.rate * clip.time_base))
    return Picture(index, index * ticks if pts is None else pts, ticks, colour, alpha)


def flat(clip: Clip, colour: Sequence[int], alpha: float, index: int = 0) -> Picture:
    kind: Any = np.uint8 if clip.depth == 8 else np.uint16
    size = (clip.height, clip.width)
    return Picture(index, index, 1, np.full((*size, 3), colour, kind), np.full(size, alpha, np.float32))


def write(
    folder: Path,
    name: str,
    clip: Clip,
    pictures: Sequence[Picture],
    source: Path | None = None,
    cut: Cut = Cut(),  # noqa: B008
    **options: Any,
) -> OutputWriter:
    """A whole run of a writer; the file is published."""
    path = output_path(folder, "clip", name)
    with open_writer(name, path, clip, source, {"workers": 1, **options}, True, cut=cut) as writer:
        for one in pictures:
            writer.write(one)
        writer.finish()
        writer.publish()
    return writer


def frames(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as file:
        return list(file.decode(video=0))


def samples(frame: av.VideoFrame, index: int, dtype: str = "<u2") -> Codes:
    plane = frame.planes[index]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height]
    return rows.view(dtype)[:, : plane.width].astype(np.int64)


def times(path: Path) -> list[Fraction]:
    return [frame.pts * frame.time_base for frame in frames(path) if frame.pts is not None and frame.time_base]


Packets = dict[int, list[tuple[int, int, Fraction, bytes]]]


def sound(path: Path) -> Packets:
    """Every audio packet: pts, dts, time base, bytes, by position of its stream among the audio streams."""
    with av.open(str(path)) as file:
        found: Packets = {position: [] for position in range(len(file.streams.audio))}
        places = {stream.index: position for position, stream in enumerate(file.streams.audio)}
        for packet in file.demux(*file.streams.audio) if places else ():
            if packet.dts is not None and packet.pts is not None:
                found[places[packet.stream_index]].append((packet.pts, packet.dts, packet.time_base, bytes(packet)))
    return found


def heard(path: Path, stream: int = 0) -> tuple[Fraction, NDArray[np.float32]]:
    """Start time and samples of an audio stream."""
    with av.open(str(path)) as file:
        parts = list(file.decode(audio=stream))
    resampler = av.AudioResampler(format="fltp", layout="mono")
    mono = [out.to_ndarray()[0] for part in parts for out in resampler.resample(part)]
    first = parts[0]
    assert first.pts is not None
    assert first.time_base is not None
    return first.pts * first.time_base, np.concatenate(mono)


# Variable rate: what a phone does, in 1/90000 s.
WOBBLE = (0, 3000, 6300, 9000, 12900, 15000, 18000, 21500, 24000, 27000)


class SourceMaker:
    """Draws a clip with B-frames and sounds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self,
        name: str = "source.mp4",
        *,
        offset: int = 45000,
        frames: int = 30,
        sounds: Sequence[str] = ("aac",),
        sound_start: Fraction = Fraction(0),
        seconds: float = 1.5,
        rate: int = 48000,
    ) -> tuple[Path, Clip, list[int]]:
        """The file, the clip, and the pts of its frames as decoded."""
        path = self.folder / name
        tick = Fraction(1, 90000)
        with av.open(str(path), "w") as file:
            video = file.add_stream("libx264" if path.suffix != ".webm" else "libvpx-vp9", rate=30)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            video.time_base = video.codec_context.time_base = tick
            if path.suffix != ".webm":
                video.options = {"bf": "2", "g": "12", "preset": "ultrafast", "b-pyramid": "none"}
            tracks = []
            for position, codec in enumerate(sounds):
                track = file.add_stream(codec, rate=rate, layout="stereo")
                tracks.append((track, 440 * (position + 1)))
            for index in range(frames):
                grid = np.indices((48, 64)).sum(0) * 2 + index * 5
                frame = av.VideoFrame.from_ndarray(np.dstack([grid % 256] * 3).astype(np.uint8))
                frame.pts = offset + WOBBLE[index % 10] + 30000 * (index // 10)
                frame.time_base = tick
                file.mux(video.encode(frame))
            file.mux(video.encode(None))
            for track, pitch in tracks:
                for chunk in tone(pitch, seconds, rate, sound_start, track.codec_context):
                    file.mux(track.encode(chunk))  # type: ignore[union-attr, arg-type]
        with av.open(str(path)) as file:
            stream = file.streams.video[0]
            pts = [frame.pts for frame in file.decode(stream) if frame.pts is not None]
            clip = make_clip(64, 48, time_base=stream.time_base, audio_streams=len(sounds))
        return path, clip, pts


def tone(pitch: int, seconds: float, rate: int, start: Fraction, context: Any) -> Iterator[av.AudioFrame | None]:
    context.open(strict=False)
    wanted = context.format.name
    resampler = av.AudioResampler(format=wanted, layout="stereo", rate=rate, frame_size=context.frame_size or 1024)
    at = np.arange(int(seconds * rate)) / rate
    # A rising tone: no two moments sound alike.
    wave = (np.sin(2 * np.pi * (pitch + 300 * at) * at) * 12000).astype(np.int16)
    whole = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None], format="s16", layout="stereo")
    whole.sample_rate, whole.pts, whole.time_base = rate, round(start * rate), Fraction(1, rate)
    yield from resampler.resample(whole)
    yield from resampler.resample(None)
    yield None


@pytest.fixture
def source(tmp_path: Path) -> SourceMaker:
    folder = tmp_path / "in"
    folder.mkdir()
    return SourceMaker(folder)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def follow() -> Callable[[Clip, Sequence[int]], list[Picture]]:
    """Pictures at the times of a source's frames."""

    def pictures(clip: Clip, pts: Sequence[int]) -> list[Picture]:
        return [picture(clip, index, time) for index, time in enumerate(pts)]

    return pictures


HDR = Colour(primaries=9, transfer=16, matrix=9)
