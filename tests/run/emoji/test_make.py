"""Files for platforms, made of drawn faces, and the check that they and others' files are held against."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.run.emoji.faces import face, folder, sheet
from tools.stickers import character, rim, written
from vmatte.config.load import load
from vmatte.core.errors import ConfigError, InputError, OutputError, VmatteError
from vmatte.io.images import write_png
from vmatte.io.writers.animated.encode import encode_animation
from vmatte.io.writers.animated.options import AnimationOptions, ApngOptions, WebpOptions
from vmatte.run.emoji import make as making
from vmatte.run.emoji.account import account, shown_frames
from vmatte.run.emoji.check import FAILS, check_file, passes
from vmatte.run.emoji.fit import Layout, drawn, subject_box
from vmatte.run.emoji.footage import Matting, Span
from vmatte.run.emoji.ladder import rungs
from vmatte.run.emoji.make import Look, Order, make
from vmatte.run.emoji.platforms import platform, platforms


@pytest.fixture(scope="module")
def matting():
    return Matting(load([]))


@pytest.fixture(scope="module")
def faces(tmp_path_factory) -> Path:
    return folder(tmp_path_factory.mktemp("faces") / "face")


def made(source, presets, out, matting, span=None, **look):
    chosen = tuple(platform(name) for name in presets)
    return list(make(Order(source, "face", out, chosen, span or Span(rate=12), Look(**look)), matting))


def test_every_platform_says_who_says_so():
    for one in platforms().values():
        assert one.source
        assert one.confidence in ("high", "medium")
        assert one.makes in one.accepts
        assert rungs(one.makes)


def test_files_fit_and_pass_their_check(tmp_path, faces, matting):
    """One of each format; LINE's playback is whole seconds, and its loops stay within four."""
    presets = ("slack-emoji", "line-emoji", "telegram-emoji", "whatsapp-sticker")
    found = made(faces, presets[:3], tmp_path / "done", matting)
    found += made(faces, presets[3:], tmp_path / "done", matting, fps=4)
    assert [one.platform.name for one in found] == list(presets)
    for one in found:
        assert passes(check_file(one.path, one.platform)), one
        assert all(finding.verdict == "ok" for finding in one.findings), one.findings
        assert one.size == one.path.stat().st_size <= one.platform.bytes
        assert one.path.with_name(f"face.{one.platform.name}.preview.png").is_file()
    line = account(found[1].path)
    assert (line.seconds, line.loops, line.frames) == (1.0, 4, 12)
    box = account(found[3].path).box
    assert box is not None
    assert min(box[0], box[1], 512 - box[2], 512 - box[3]) >= 16


def test_nothing_wobbles(tmp_path, matting):
    """A box that grows to one side keeps its left edge in one place: the crop is the same throughout."""
    source = tmp_path / "bar"
    source.mkdir()
    for index in range(10):
        frame = np.zeros((60, 100, 4), np.uint8)
        frame[20:40, 10 : 30 + 5 * index] = (200, 40, 40, 255)
        write_png(source / f"{index}.png", frame)
    (one,) = made(source, ["discord-emoji"], tmp_path, matting, loop="off")
    lefts = {(subject_box(frame) or (-1,))[0] for frame in shown_frames(one.path)}
    assert len(lefts) == 1


def test_what_does_not_fit_gives_up_colours_first(tmp_path, matting):
    rng = np.random.default_rng(0)
    source = tmp_path / "noise"
    source.mkdir()
    for index in range(6):
        frame = face(index)
        frame[..., :3] = np.clip(frame[..., :3].astype(int) + rng.integers(-30, 30, (96, 96, 3)), 0, 255)
        write_png(source / f"{index}.png", frame)
    (one,) = made(source, ["slack-emoji"], tmp_path / "a", matting, loop="off")
    small = replace(one.platform, kilobytes=one.size // 2000)
    order = Order(source, "face", tmp_path / "b", (small,), Span(rate=12), Look(loop="off"))
    (two,) = make(order, matting)
    assert two.size <= small.bytes < one.size
    assert any("colours" in text for text in two.given_up)
    tiny = Order(source, "face", tmp_path / "c", (replace(small, kilobytes=1),), Span(rate=12), Look(loop="off"))
    with pytest.raises(OutputError, match="even with the fewest"):
        list(make(tiny, matting))
    assert not (tmp_path / "c").exists()


def test_sheets_and_animations_are_sources_too(tmp_path, matting):
    grid = sheet(tmp_path / "sheet.png", 5, 3, 12)
    (one,) = made(grid, ["discord-emoji"], tmp_path / "a", matting, Span(sheet=(5, 3), rate=12), loop="off")
    assert one.frames == 12
    (again,) = made(one.path, ["line-emoji"], tmp_path / "b", matting, loop="off")
    assert again.frames == 12
    with pytest.raises(ConfigError, match="are not 7x3"):
        made(grid, ["discord-emoji"], tmp_path / "c", matting, Span(sheet=(7, 3)))


@pytest.mark.parametrize(
    ("kind", "options", "durations", "size", "rule"),
    [
        ("apng", ApngOptions(loops=2), [500] * 4, 180, "frames"),
        ("apng", ApngOptions(loops=2), [150] * 10, 180, "seconds"),
        ("apng", ApngOptions(loops=0), [100] * 10, 180, "plays"),
        ("apng", ApngOptions(loops=2, colours=16), [100] * 10, 180, "colours"),
        ("apng", ApngOptions(loops=2), [100] * 10, 128, "pixels"),
        ("webp", WebpOptions(), [100] * 10, 180, "format"),
    ],
)
def test_the_check_names_the_rule_that_is_broken(tmp_path, kind, options: AnimationOptions, durations, size, rule):
    file = tmp_path / "theirs.png"
    frames = [face(index, size) for index in range(len(durations))]
    file.write_bytes(encode_animation(kind, frames, durations, options))
    findings = check_file(file, platform("line-emoji"))
    assert rule in [one.rule for one in findings if one.verdict == FAILS]


def test_the_check_reads_damaged_files_and_says_so(tmp_path, faces):
    file = tmp_path / "cut.gif"
    file.write_bytes(encode_animation("gif", [face(place) for place in range(4)], [100] * 4)[:900])
    assert not passes(check_file(file, platform("slack-emoji")))
    file.write_bytes(b"nothing")
    (first, _) = check_file(file, platform("slack-emoji"))
    assert (first.rule, first.verdict) == ("decodes", FAILS)
    with pytest.raises(InputError, match="no such file"):
        check_file(tmp_path / "none.gif", platform("slack-emoji"))


def test_a_character_before_white_has_no_halo_and_its_whole_area(tmp_path, matting):
    scene = character(1, frames=3, size=(320, 240))
    worst, least, most = rim(scene, written(scene, tmp_path / "white"), matting)
    assert worst < 0.005
    assert least >= 0.98
    assert most <= 1.02


def test_an_outline_goes_around(tmp_path, faces, matting):
    (one,) = made(faces, ["line-emoji"], tmp_path, matting, outline=6, outline_colour="#00ff00")
    frame = next(shown_frames(one.path))
    _, top, _, bottom = subject_box(frame) or (0, 0, 0, 0)
    middle = frame[(top + bottom) // 2]
    solid = np.flatnonzero(middle[:, 3] == 255)
    assert middle[solid[0] + 2, :3].tolist() == [0, 255, 0]


def test_the_canvas_is_the_platforms(faces):
    assert drawn(face(0), Layout((0, 0, 96, 96), 64, 64, margin=4)).shape == (64, 64, 4)


def test_an_interrupted_search_leaves_nothing(tmp_path, faces, matting, monkeypatch):
    def broken(*_: object) -> bytes:
        raise OutputError("no")

    monkeypatch.setattr(making, "encoded", broken)
    with pytest.raises(VmatteError):
        made(faces, ["slack-emoji"], tmp_path / "done", matting)
    assert not (tmp_path / "done").exists()


def test_the_check_sees_that_a_video_was_cut_short(tmp_path):
    file = tmp_path / "theirs.webm"
    whole = encode_animation("webm", [face(place, 100) for place in range(8)], [50] * 8)
    file.write_bytes(whole)
    assert passes(check_file(file, platform("telegram-emoji")))
    file.write_bytes(whole[: len(whole) * 2 // 3])
    failed = [one.rule for one in check_file(file, platform("telegram-emoji")) if one.verdict == FAILS]
    assert failed == ["whole"]


def test_a_short_loop_is_repeated_to_whole_seconds(tmp_path, faces, matting):
    (one,) = made(faces, ["line-emoji"], tmp_path, matting, Span(rate=24))
    assert (one.seconds, one.frames) == (1.0, 20)
    assert any("2 times over, at 1.00 of its speed" in note for note in one.notes)
