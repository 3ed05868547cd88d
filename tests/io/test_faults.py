"""What is wrong with a file is said in one line; what can be read of it is read."""

import os
import threading

import av
import numpy as np
import pytest

from tests.clips import Recipe, number_in, numbered, write_clip, write_sound_only
from tests.io.conftest import B_FRAMES, images
from vmatte.core.errors import InputError
from vmatte.io.images import write_png
from vmatte.io.open import clip_at, open_source
from vmatte.io.options import InputOptions
from vmatte.io.video import VideoSource

COUNT = 16
MODES = [InputOptions(threads=1), InputOptions(threads=0)]
FAST = {"movflags": "faststart"}


def _noisy(index):
    noise = np.random.default_rng(index).integers(-20, 20, (48, 64, 3))
    return np.clip(numbered(index) + noise, 0, 255).astype(np.uint8)


def _clip(path, recipe):
    return write_clip(path, [_noisy(index) for index in range(COUNT)], recipe)


def _packets(path):
    with av.open(str(path)) as container:
        return [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]


def _refused(path, words, options=None):
    with pytest.raises(InputError, match=words) as caught, open_source(path, options) as source:
        list(source.frames())
    message = str(caught.value)
    assert "\n" not in message
    assert str(path.name) in message or str(path.parent.name) in message
    return message


def test_missing(tmp_path):
    _refused(tmp_path / "nothing.mp4", "no such file")
    _refused(tmp_path / "gone" / "a_%04d.png", "no such folder")
    _refused(tmp_path / "a_*.png", "no file matches")


def test_empty_file_and_folder(tmp_path):
    (tmp_path / "a.mp4").touch()
    (tmp_path / "a.png").touch()
    (tmp_path / "shot").mkdir()
    (tmp_path / "shot" / "notes.txt").write_text("no pictures here")
    _refused(tmp_path / "a.mp4", "empty")
    _refused(tmp_path / "a.png", "empty")
    _refused(tmp_path / "shot", "no images")


def test_not_a_video(tmp_path):
    (tmp_path / "a.mp4").write_text("this is text, and quite a lot of it. " * 100)
    (tmp_path / "a.png").write_text("neither is this")
    _refused(tmp_path / "a.mp4", "not a video")
    _refused(tmp_path / "a.png", "not an image")


def test_sound_only(tmp_path):
    _refused(write_sound_only(tmp_path / "a.mp4"), "sound but no video")


def test_cover_picture_is_no_video(tmp_path):
    picture = tmp_path / "cover.png"
    write_png(picture, numbered(1))
    sound = write_sound_only(tmp_path / "plain.mp4")
    with av.open(str(sound)) as source, av.open(str(tmp_path / "a.mp4"), "w") as out, av.open(str(picture)) as image:
        copy = out.add_stream_from_template(source.streams.audio[0])
        cover = out.add_stream_from_template(image.streams.video[0])
        cover.disposition = av.stream.Disposition.attached_pic
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copy
                out.mux(packet)
        for packet in image.demux():
            if packet.dts is not None:
                packet.stream = cover
                out.mux(packet)
    _refused(tmp_path / "a.mp4", "sound but no video")


def test_zero_frames(tmp_path):
    header = tmp_path / "a.y4m"
    header.write_bytes(b"YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n")
    _refused(header, "not one frame")
    path = _clip(tmp_path / "a.mov", Recipe("prores_ks", "yuv422p10le"))
    data = bytearray(path.read_bytes())
    for position, size in _packets(path):
        data[position : position + size] = bytes(size)
    path.write_bytes(data)
    _refused(path, "not one frame of it can be decoded")


def test_a_codec_that_is_not_there(tmp_path):
    path = _clip(tmp_path / "a.mkv", Recipe("ffv1"))
    data = path.read_bytes()
    assert data.count(b"V_FFV1") == 1
    path.write_bytes(data.replace(b"V_FFV1", b"V_XYZ9"))
    _refused(path, "no decoder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    path = _clip(tmp_path / "a.mp4", Recipe(options=B_FRAMES))
    path.chmod(0)
    _refused(path, "permission")


@pytest.mark.parametrize("options", MODES, ids=["one-thread", "threads"])
@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("a.mp4", Recipe(options=B_FRAMES, muxing=FAST)),
        ("a.mov", Recipe("prores_ks", "yuv422p10le", muxing=FAST)),
        ("a.mkv", Recipe("ffv1", options={"level": "3", "slicecrc": "1"})),
        ("a.avi", Recipe("mjpeg", "yuvj420p", full=True)),
    ],
)
def test_a_cut_off_last_packet_costs_one_frame_and_a_note(tmp_path, name, recipe, options):
    path = _clip(tmp_path / name, recipe)
    position, size = _packets(path)[-1]
    path.write_bytes(path.read_bytes()[: position + size // 2])
    source = VideoSource(path, options)
    frames = list(source.frames())
    # The last packet of a stream with B-frames need not be the last picture, but it is one picture.
    assert len(frames) == COUNT - 1
    assert [frame.index for frame in frames] == list(range(COUNT - 1))
    assert source.warnings
    assert any("cut off" in warning or "announces" in warning for warning in source.warnings)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_half_a_file_gives_half_the_frames(tmp_path, name):
    path = _clip(tmp_path / name, Recipe(options=B_FRAMES, muxing=FAST if name == "a.mp4" else {}))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    source = VideoSource(path, MODES[0])
    frames = list(source.frames())
    assert 3 <= len(frames) < COUNT
    assert [number_in(frame.rgb) for frame in frames] == list(range(len(frames)))
    assert source.warnings


def test_half_a_file_with_its_index_at_the_end_is_refused(tmp_path):
    path = _clip(tmp_path / "a.mp4", Recipe(options=B_FRAMES))
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"moov")])
    _refused(path, "cut short")
    path.write_bytes(data[: data.rindex(b"stsd")])
    _refused(path, "cut short")


@pytest.mark.parametrize("options", MODES, ids=["one-thread", "threads"])
@pytest.mark.parametrize(
    ("name", "recipe"),
    [("a.mov", Recipe("prores_ks", "yuv422p10le")), ("a.mkv", Recipe("ffv1", options={"level": "3", "g": "1"}))],
)
def test_damage_in_the_middle_is_an_error_that_names_the_frame(tmp_path, name, recipe, options):
    path = _clip(tmp_path / name, recipe)
    position, size = _packets(path)[9]
    data = bytearray(path.read_bytes())
    data[position + 20 : position + size - 4] = bytes(size - 24)
    path.write_bytes(data)
    threads = threading.active_count()
    assert "frame 9 is damaged" in _refused(path, "frame 9", options)
    assert threading.active_count() == threads
    # What comes before the damage can still be asked for.
    assert [frame.index for frame in VideoSource(path, MODES[0]).frames(0, 9)] == list(range(9))


def test_a_picture_that_changes_size_is_refused_by_number(tmp_path):
    """Two H.264 streams of different size, one after the other, as a badly joined broadcast has them."""
    parts = []
    for name, size in (("a.h264", (64, 48)), ("b.h264", (96, 64))):
        path = write_clip(tmp_path / name, [numbered(index, *size) for index in range(12)], Recipe(options=B_FRAMES))
        parts.append(path.read_bytes())
    joined = tmp_path / "joined.h264"
    joined.write_bytes(b"".join(parts))
    message = _refused(joined, "frame 12", MODES[0])
    assert "64x48" in message
    assert "96x64" in message


def test_sequence_faults_name_the_file(tmp_path):
    folder = images(tmp_path / "shot", "a_%02d.png", range(4))
    write_png(folder / "a_02.png", numbered(2, 66, 48))
    message = _refused(folder, "66x48")
    assert "a_02.png" in message
    (folder / "a_02.png").write_bytes((folder / "a_01.png").read_bytes()[:200])
    assert "a_02.png" in _refused(folder, "damaged")
    write_png(folder / "a_02.png", numbered(2).astype(np.uint16) * 257)
    assert "a_02.png" in _refused(folder, "deeper")


def test_two_sequences_in_a_folder_are_not_mixed(tmp_path):
    folder = images(tmp_path / "shot", "a_%02d.png", range(3))
    images(folder, "b_%02d.png", range(3))
    message = _refused(folder, "more than one sequence")
    assert "a_*.png" in message
    assert "b_*.png" in message
    assert clip_at(folder / "b_*.png").frames == 3
