"""The sound of a source, on its way into ProRes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.io.writers.conftest import SourceMaker, heard, picture, sound, times, write
from vmatte.core.types import Clip, Picture
from vmatte.io.writers import Cut

Follow = Callable[[Clip, list[int]], list[Picture]]


def test_every_packet_of_every_stream_is_copied(source: SourceMaker, out: Path, follow: Follow) -> None:
    path, clip, pts = source(sounds=("aac", "aac", "mp3"))
    result = write(out, "prores", clip, follow(clip, pts), path)
    assert sound(result.path) == sound(path)
    assert [len(track) > 20 for track in sound(path).values()] == [True] * 3
    assert times(result.path) == times(path)
    assert result.facts.warnings == ()


@pytest.mark.parametrize("codec", ["alac", "pcm_s16le", "pcm_s24le", "ac3"])
def test_codecs_that_quicktime_holds_are_copied(source: SourceMaker, out: Path, follow: Follow, codec: str) -> None:
    path, clip, pts = source("source.mov", sounds=(codec,))
    result = write(out, "prores", clip, follow(clip, pts), path)
    assert [packet[3] for packet in sound(result.path)[0]] == [packet[3] for packet in sound(path)[0]]


@pytest.mark.parametrize("start", [Fraction(0), Fraction(1, 3), Fraction(12345, 48000)])
def test_pictures_and_sound_start_apart_as_in_the_source(
    source: SourceMaker, out: Path, follow: Follow, start: Fraction
) -> None:
    path, clip, pts = source(sound_start=start)
    result = write(out, "prores", clip, follow(clip, pts), path)
    assert sound(result.path) == sound(path)
    assert times(result.path) == times(path)
    moved = write(out / "zero", "prores", clip, follow(clip, pts), path, start="zero")
    assert times(moved.path)[0] == 0
    assert abs(lag(moved.path, path) + times(path)[0]) < Fraction(1, 10000)


def test_coarse_picture_clocks_do_not_move_the_sound(source: SourceMaker, out: Path) -> None:
    path, clip, _ = source(sound_start=Fraction(12345, 48000))
    slow = replace(clip, time_base=Fraction(1, 30))
    run = [picture(slow, index, index) for index in range(20)]
    assert sound(write(out, "prores", slow, run, path).path) == sound(path)


@pytest.mark.parametrize(("name", "codec"), [("source.webm", "libopus"), ("source.mkv", "flac")])
def test_other_codecs_become_pcm_in_step(source: SourceMaker, out: Path, follow: Follow, name: str, codec: str) -> None:
    path, clip, pts = source(name, sounds=(codec,), sound_start=Fraction(1, 4))
    result = write(out, "prores", clip, follow(clip, pts), path)
    with av.open(str(result.path)) as file:
        assert file.streams.audio[0].codec_context.name == "pcm_s16le"
    (warning,) = result.facts.warnings
    assert "PCM" in warning
    began, wave = heard(result.path)
    source_began, source_wave = heard(path)
    assert abs(began - source_began) < Fraction(2, 1000)  # Matroska has 1 ms ticks
    assert len(wave) == len(source_wave)
    assert np.abs(wave - source_wave).max() < 1e-3


def lag(path: Path, other: Path, after: Fraction = Fraction(6, 10)) -> Fraction:
    """How much later a stretch of the sound of `other` is heard in `path`, by its content."""
    (begin, wave), (other_begin, other_wave) = heard(path), heard(other)
    start = round((after - other_begin) * 48000)
    piece = other_wave[start : start + 12000]
    at = int(np.argmax(np.correlate(wave, piece)))
    return Fraction(at - start, 48000) + begin - other_begin


def test_a_hole_in_decoded_sound_is_filled(source: SourceMaker, out: Path, follow: Follow) -> None:
    path, clip, pts = source("source.webm", sounds=("libopus",))
    holed = path.with_name("holed.mkv")
    with av.open(str(path)) as given, av.open(str(holed), "w") as taken:
        tracks = {stream.index: taken.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            lost = packet.stream.type == "audio" and packet.pts is not None and 400 < packet.pts < 900
            if packet.dts is not None and not lost:
                packet.stream = tracks[packet.stream_index]
                taken.mux(packet)
    result = write(out, "prores", clip, follow(clip, pts), holed)
    whole, wave = heard(path)[1], heard(result.path)[1]
    assert abs(len(wave) - len(whole)) < 100
    assert np.abs(wave[24000:40000]).max() == 0
    assert abs(lag(result.path, path, Fraction(1))) <= Fraction(1, 1000)  # Matroska has 1 ms ticks


@pytest.mark.parametrize("name", ["source.ts", "source.mkv"])
def test_coarse_clocks_are_followed(source: SourceMaker, out: Path, follow: Follow, name: str) -> None:
    path, clip, pts = source(name)
    result = write(out, "prores", clip, follow(clip, pts), path)
    assert times(result.path) == times(path)
    before, after = sound(path)[0], sound(result.path)[0]
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        # The track's own clock is the sampling rate.
        assert abs(old[0] * old[2] - new[0] * new[2]) <= Fraction(1, 48000)


def test_a_trimmed_run_keeps_the_sound_of_its_pictures(source: SourceMaker, out: Path, follow: Follow) -> None:
    path, clip, pts = source(frames=40, seconds=3)
    some = follow(clip, pts)[10:20]
    result = write(out, "prores", clip, some, path, Cut(start=True, end=True))
    first = some[0].pts * clip.time_base
    last = (some[-1].pts + some[-1].duration) * clip.time_base
    kept = sound(result.path)[0]
    assert {packet[3] for packet in kept} <= {packet[3] for packet in sound(path)[0]}
    begins, ends = kept[0][0] * kept[0][2], (kept[-1][0] + 1024) * kept[-1][2]
    one = Fraction(1024, 48000)
    assert first - one < begins <= first
    assert last <= ends < last + one
    assert times(result.path) == [one.pts * clip.time_base for one in some]
    assert len(sound(write(out, "prores", clip, some, path).path)[0]) == len(sound(path)[0])


def test_sound_longer_or_shorter_than_the_pictures(source: SourceMaker, out: Path, follow: Follow) -> None:
    for seconds in (0.1, 4.0):
        path, clip, pts = source(seconds=seconds)
        assert sound(write(out, "prores", clip, follow(clip, pts), path).path) == sound(path)


def test_sound_of_an_unknown_codec_is_left_out_and_said(source: SourceMaker, out: Path, follow: Follow) -> None:
    path, clip, pts = source(sounds=("aac", "mp3"))
    data = path.read_bytes()
    place = data.index(b"mp4a", data.index(b"stsd", data.index(b"soun")))
    # The format's name, and the box that also tells it.
    path.write_bytes(data[:place] + b"zzzz" + data[place + 4 :].replace(b"esds", b"skip", 1))
    before = sound(path)
    result = write(out, "prores", clip, follow(clip, pts), path)
    (warning,) = result.facts.warnings
    assert "left out" in warning
    assert list(sound(result.path).values()) == [before[1]]


def test_no_sound_when_not_wanted(source: SourceMaker, out: Path, follow: Follow) -> None:
    path, clip, pts = source()
    assert sound(write(out, "prores", clip, follow(clip, pts), path, audio=False).path) == {}
    assert sound(write(out, "alpha", clip, follow(clip, pts), path).path) == {}


def test_languages_come_along(source: SourceMaker, out: Path, follow: Follow) -> None:
    path, clip, pts = source("source.mkv", sounds=("aac", "aac", "aac"))
    named = path.with_name("named.mkv")
    with av.open(str(path)) as given, av.open(str(named), "w") as made:
        streams = {stream.index: made.add_stream_from_template(stream) for stream in given.streams}
        for stream, language in zip(made.streams.audio, ("deu", "eng", "swe"), strict=True):
            stream.metadata["language"] = language
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                made.mux(packet)
    with av.open(str(write(out, "prores", clip, follow(clip, pts), named).path)) as file:
        assert [stream.metadata["language"] for stream in file.streams.audio] == ["ger", "eng", "sve"]
