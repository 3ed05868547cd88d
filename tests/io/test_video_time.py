"""Frame times and numbers, exact whatever the container does."""

from fractions import Fraction

import pytest

from tests.clips import Recipe, number_in, numbered, write_clip
from tests.io.conftest import B_FRAMES, OPEN_GOP, UNEVEN
from vmatte.core.errors import InputError
from vmatte.io.options import InputOptions
from vmatte.io.timing import Clock, from_packets
from vmatte.io.video import VideoSource

ONE = InputOptions(threads=1)


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_uneven_offset_reordered_times_come_out_as_stored(tmp_path, container):
    recipe = Recipe(pts=UNEVEN, time_base=Fraction(1, 90000), options=B_FRAMES, sound=True)
    path = write_clip(tmp_path / f"a.{container}", [numbered(index) for index in range(len(UNEVEN))], recipe)
    source = VideoSource(path, ONE)
    frames = list(source.frames())
    assert source.clip.time_base == Fraction(1, 90000)
    assert source.clip.audio_streams == 1
    assert [frame.pts for frame in frames] == list(UNEVEN)
    assert [number_in(frame.rgb) for frame in frames] == list(range(len(UNEVEN)))


def test_spans_are_taken_from_the_times_not_from_the_rate(tmp_path):
    recipe = Recipe(pts=UNEVEN, time_base=Fraction(1, 90000), options=B_FRAMES)
    source = VideoSource(write_clip(tmp_path / "a.mp4", [numbered(i) for i in range(len(UNEVEN))], recipe), ONE)
    start = (UNEVEN[5] - UNEVEN[0]) / 90000
    assert source.span(start, None) == (5, None)
    assert source.span(start - 0.001, start + 0.001) == (5, 6)
    assert source.span(0.0, start) == (0, 5)
    with pytest.raises(InputError, match="no frame between 9 s and the end"):
        source.span(9.0, None)
    with pytest.raises(InputError, match="no frame between"):
        source.span(start + 0.001, start + 0.002)


@pytest.mark.parametrize("options", [OPEN_GOP, B_FRAMES, {**B_FRAMES, "g": "100"}], ids=["open", "closed", "one-gop"])
def test_every_seek_equals_the_slice(tmp_path, options):
    path = write_clip(tmp_path / "a.mp4", [numbered(index) for index in range(21)], Recipe(options=options))
    source = VideoSource(path, ONE)
    for start in range(21):
        frames = list(source.frames(start, start + 2))
        assert [number_in(frame.rgb) for frame in frames] == list(range(start, min(start + 2, 21)))
        assert [frame.pts for frame in frames] == [512 * frame.index for frame in frames]


def test_seeking_really_seeks(tmp_path, monkeypatch):
    """The packet before the wanted frame's key packet must not be decoded."""
    import vmatte.io.decode as decode

    recipe = Recipe(options={**B_FRAMES, "g": "5", "x264-params": "scenecut=0"})
    path = write_clip(tmp_path / "a.mp4", [numbered(index) for index in range(40)], recipe)
    source = VideoSource(path, ONE)
    fed = []
    real = decode.Decoding._decode

    def counted(self, packet):
        fed.append(packet)
        return real(self, packet)

    monkeypatch.setattr(decode.Decoding, "_decode", counted)
    assert [frame.index for frame in source.frames(33, 34)] == [33]
    assert len(fed) < 12


def test_open_groups_are_recognised(tmp_path):
    pictures = [numbered(index) for index in range(21)]
    for options, closed in ((OPEN_GOP, False), (B_FRAMES, True)):
        path = write_clip(tmp_path / f"{closed}.mp4", pictures, Recipe(options=options))
        timeline = from_packets(path, 0)
        assert timeline is not None
        assert (timeline.closed, len(timeline.keys) > 2) == (closed, True)


def test_a_wrong_declared_count_is_not_trusted(tmp_path):
    path = write_clip(
        tmp_path / "a.avi", [numbered(index) for index in range(9)], Recipe("mjpeg", "yuvj420p", full=True)
    )
    data = bytearray(path.read_bytes())
    header = data.index(b"strh") + 8 + 32  # dwLength of the stream header, in frames
    data[header : header + 4] = (700).to_bytes(4, "little")
    main = data.index(b"avih") + 8 + 16  # dwTotalFrames
    data[main : main + 4] = (700).to_bytes(4, "little")
    path.write_bytes(data)
    source = VideoSource(path, ONE)
    assert source.clip.frames == 700
    assert source.count() == len(list(source.frames())) == 9
    assert source.warnings == ["the file announces 700 frames, but only 9 could be read"]


def test_clips_without_times_are_timed_by_their_rate_and_say_so(tmp_path):
    path = write_clip(tmp_path / "a.h264", [numbered(index) for index in range(6)], Recipe(options=B_FRAMES))
    source = VideoSource(path, ONE)
    frames = list(source.frames())
    assert [(frame.pts - frames[0].pts) * source.clip.time_base for frame in frames] == [
        Fraction(n, 25) for n in range(6)
    ]
    assert any("carried no usable time" in warning for warning in source.warnings)


def test_the_clock_repairs_by_its_stated_rule():
    clock = Clock(40)
    given = [(None, 0), (None, 30), (100, 0), (None, 0), (140, 10), (135, 0), (None, 0)]
    assert [clock(pts, duration) for pts, duration in given] == [0, 40, 100, 140, 141, 142, 182]
    assert clock.repaired == 6


def test_starting_beyond_the_end_gives_nothing(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [numbered(index) for index in range(3)], Recipe(options=B_FRAMES))
    source = VideoSource(path, ONE)
    assert list(source.frames(3)) == []
    assert list(source.frames(2, 1)) == []
