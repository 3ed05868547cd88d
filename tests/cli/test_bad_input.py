"""Bad input: one clear line, the right exit code, no traceback, nothing left behind."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests import drawn
from tests.cli.conftest import Said


def tree(folder: Path) -> list[str]:
    return sorted(str(entry.relative_to(folder)) for entry in folder.rglob("*"))


def refused(said: Said, code: int, *words: str) -> None:
    """One line on standard error that holds these words."""
    lines = [line for line in said.err.splitlines() if "error" in line.lower()]
    assert len(lines) == 1, said.err
    for word in words:
        assert word in lines[0]
    assert said.code == code


def remuxed(path: Path, target: Path, options: dict[str, str] | None = None) -> Path:
    """The same packets in another container."""
    with av.open(str(path)) as source, av.open(str(target), "w", options=options or {}) as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    return target


@pytest.fixture
def nothing_written(tmp_path):
    """The folder holds after the test what the test itself put there."""
    yield
    assert not [name for name in tree(tmp_path) if "partial" in name or "done" in name or "report" in name]


@pytest.mark.usefixtures("nothing_written")
class TestClips:
    def test_missing(self, vmatte):
        refused(vmatte("process", "nowhere.mp4", "--out", "done"), 3, "nowhere.mp4", "no such file")

    def test_empty(self, vmatte, tmp_path):
        (tmp_path / "empty.mp4").touch()
        refused(vmatte("process", "empty.mp4", "--out", "done"), 3, "empty.mp4", "empty")

    def test_an_empty_folder(self, vmatte, tmp_path):
        (tmp_path / "shot").mkdir()
        refused(vmatte("process", "shot", "--out", "done"), 3, "shot", "no images")

    def test_not_a_video(self, vmatte, tmp_path):
        (tmp_path / "notes.txt").write_text("hello " * 100)
        refused(vmatte("process", "notes.txt", "--out", "done"), 3, "notes.txt")

    def test_cut_off_at_the_start(self, vmatte, clip, tmp_path):
        (tmp_path / "short.mp4").write_bytes(clip.read_bytes()[:300])
        refused(vmatte("process", "short.mp4", "--out", "done"), 3, "short.mp4")

    def test_cut_off_in_the_middle(self, vmatte, tmp_path, mask):
        whole = drawn.clip(tmp_path / "disc.mp4", count=24)
        fast = remuxed(whole, tmp_path / "fast.mp4", {"movflags": "faststart"})
        (tmp_path / "half.mp4").write_bytes(fast.read_bytes()[: fast.stat().st_size * 2 // 3])
        arguments = ("process", "half.mp4", "--mask", mask, "--out", "done", "--output", "alpha")
        refused(vmatte(*arguments), 3, "half.mp4", "cut short", "input.truncated=keep")
        assert not (tmp_path / "done").exists() or not tree(tmp_path / "done")

    def test_sound_only(self, vmatte, tmp_path):
        with av.open(str(tmp_path / "song.m4a"), "w") as out:
            stream = out.add_stream("aac", rate=48000)
            tone = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
            tone.rate, tone.pts = 48000, 0
            out.mux(stream.encode(tone))
            out.mux(stream.encode(None))
        refused(vmatte("process", "song.m4a", "--out", "done"), 3, "song.m4a")

    def test_no_frame_in_it(self, vmatte, tmp_path):
        with av.open(str(tmp_path / "none.mkv"), "w") as out:
            stream = out.add_stream("ffv1", rate=24)
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
            out.start_encoding()
        refused(vmatte("process", "none.mkv", "--out", "done"), 3, "none.mkv")

    def test_a_range_without_frames(self, vmatte, clip, mask):
        refused(vmatte("process", clip, "--mask", mask, "--start", 90, "--out", "done"), 3, "no frame", "90")

    def test_an_empty_name(self, vmatte, clip):
        refused(vmatte("process", clip, "--mask", "", "--out", "done"), 2, "--mask", "unset")
        refused(vmatte("process", clip, "--out", ""), 2, "--out", "unset")
        refused(vmatte("process", "", "--out", "done"), 2, "unset")


def test_what_is_left_of_a_cut_clip_is_done_when_asked_for(vmatte, tmp_path, mask):
    whole = drawn.clip(tmp_path / "disc.mp4", count=24)
    fast = remuxed(whole, tmp_path / "fast.mp4", {"movflags": "faststart"})
    (tmp_path / "half.mp4").write_bytes(fast.read_bytes()[: fast.stat().st_size * 2 // 3])
    arguments = ("process", "half.mp4", "--mask", mask, "--out", "done", "--output", "png16")
    said = vmatte(*arguments, "--set", "input.truncated=keep")
    assert said.code == 0, said.err
    assert "announces 24 frames, but only" in said.err
    assert 0 < len(list((tmp_path / "done/half.png16").iterdir())) < 24


@pytest.mark.usefixtures("nothing_written")
class TestHints:
    def test_missing_mask(self, vmatte, clip):
        refused(vmatte("process", clip, "--mask", "no.png", "--out", "done"), 4, "no.png")

    def test_mask_of_another_size(self, vmatte, clip, tmp_path):
        drawn.mask(tmp_path / "big.png", size=(256, 192))
        refused(vmatte("process", clip, "--mask", "big.png", "--out", "done"), 4, "256x192", "128x96", "same size")

    def test_mask_of_another_orientation(self, vmatte, clip, tmp_path):
        cv2.imwrite(str(tmp_path / "tall.png"), np.full((128, 96), 255, np.uint8))
        refused(vmatte("process", clip, "--mask", "tall.png", "--out", "done"), 4, "96x128", "turned")

    def test_empty_mask(self, vmatte, clip, tmp_path):
        cv2.imwrite(str(tmp_path / "black.png"), np.zeros((96, 128), np.uint8))
        refused(vmatte("process", clip, "--mask", "black.png", "--out", "done"), 4, "black.png", "empty")

    def test_mask_that_is_no_image(self, vmatte, clip, tmp_path):
        (tmp_path / "mask.png").write_bytes(b"nothing")
        refused(vmatte("process", clip, "--mask", "mask.png", "--out", "done"), 4, "mask.png")

    def test_mask_after_the_end(self, vmatte, clip, mask):
        refused(vmatte("process", clip, "--mask", f"99={mask}", "--out", "done"), 4, "99")

    def test_two_masks_for_one_frame(self, vmatte, clip, mask):
        refused(vmatte("process", clip, "--mask", f"2={mask}", "--mask", f"2={mask}", "--out", "done"), 4, "frame 2")

    def test_plate_of_another_size(self, vmatte, clip, tmp_path):
        cv2.imwrite(str(tmp_path / "wall.png"), np.zeros((48, 64, 3), np.uint8))
        refused(vmatte("process", clip, "--plate", "wall.png", "--out", "done"), 4, "64x48", "128x96")

    def test_plate_of_another_place(self, vmatte, tmp_path):
        from tools.synth import scene

        here, there = (scene("walker", "fixed", seed, (160, 90), 3) for seed in (1, 2))
        (tmp_path / "shot").mkdir()
        for index, frame in enumerate(here.frames):
            cv2.imwrite(str(tmp_path / f"shot/{index:04d}.png"), frame[..., ::-1])
        assert there.plate is not None
        cv2.imwrite(str(tmp_path / "other.png"), there.plate[..., ::-1])
        refused(vmatte("process", "shot", "--plate", "other.png", "--out", "done"), 4, "plate does not belong")

    def test_no_hint_where_one_is_needed(self, vmatte, clip):
        refused(vmatte("process", clip, "--out", "done"), 4, "--mask", "--plate")
        refused(vmatte("process", clip, "--model", "recall", "--out", "done"), 4, "--mask")


@pytest.mark.usefixtures("nothing_written")
class TestSettings:
    def test_unknown_model(self, vmatte, clip):
        refused(vmatte("process", clip, "--model", "recal", "--out", "done"), 2, "recal", "'recall'")

    def test_unknown_key(self, vmatte, clip):
        refused(vmatte("process", clip, "--set", "modle=recall", "--out", "done"), 2, "modle")

    def test_unknown_output(self, vmatte, clip, mask):
        refused(vmatte("process", clip, "--mask", mask, "--output", "prors", "--out", "done"), 2, "'prores'")

    def test_times_that_are_none(self, vmatte, clip):
        refused(vmatte("process", clip, "--start", "soon", "--out", "done"), 2, "soon")
        refused(vmatte("process", clip, "--start", "2", "--end", "1", "--out", "done"), 2, "--start")

    def test_two_clips_of_one_name(self, vmatte, clip, mask, tmp_path):
        (tmp_path / "b").mkdir()
        other = drawn.clip(tmp_path / "b" / "disc.mp4")
        refused(vmatte("process", clip, other, "--mask", mask, "--out", "done"), 6, "separate --out")


class TestOutputs:
    def test_out_is_a_file(self, vmatte, clip, mask, tmp_path):
        (tmp_path / "file").touch()
        refused(vmatte("process", clip, "--mask", mask, "--out", "file"), 6, "not a folder")
        assert "file" in tree(tmp_path)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_unwritable_folder(self, vmatte, clip, mask, tmp_path):
        (tmp_path / "locked").mkdir(mode=0o555)
        refused(vmatte("process", clip, "--mask", mask, "--out", "locked"), 6, "no permission")

    def test_unwritable_folder_as_the_system_says(self, vmatte, clip, mask, monkeypatch):
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        refused(vmatte("process", clip, "--mask", mask, "--out", "locked"), 6, "no permission")

    def test_a_full_disk(self, vmatte, clip, mask, tmp_path):
        """A limit on the size of files stands in for a full disk: the same call fails in the same place."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
        try:
            said = vmatte("process", clip, "--mask", mask, "--out", tmp_path / "full")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, before)
        refused(said, 6, "full")
        assert not [name for name in tree(tmp_path) if "disc." in name and name != "disc.mp4"]

    def test_a_result_that_would_replace_its_source(self, vmatte, tmp_path, mask):
        """One clip's matte has the name of another clip of the same call."""
        source = drawn.clip(tmp_path / "disc.mp4")
        second = remuxed(source, tmp_path / "disc.alpha.mkv")
        before = second.read_bytes()
        arguments = ("process", source, second, "--mask", mask, "--output", "alpha", "--overwrite")
        refused(vmatte(*arguments), 6, "would replace an input")
        assert second.read_bytes() == before

    def test_a_folder_with_files_of_others(self, vmatte, clip, mask, tmp_path):
        folder = tmp_path / "done/disc.png16"
        folder.mkdir(parents=True)
        (folder / "notes.txt").write_text("mine")
        arguments = ("process", clip, "--mask", mask, "--out", "done", "--output", "png16", "--overwrite")
        refused(vmatte(*arguments), 6, "notes.txt", "move it away")
        assert (folder / "notes.txt").read_text() == "mine"

    def test_a_report_of_somebody_else(self, vmatte, clip, mask, tmp_path):
        (tmp_path / "done").mkdir()
        (tmp_path / "done/disc.report.json").write_text('{"quarter": 3}')
        refused(vmatte("process", clip, "--mask", mask, "--out", "done"), 6, "disc.report.json", "no report of ours")
        assert (tmp_path / "done/disc.report.json").read_text() == '{"quarter": 3}'


class TestCrashes:
    def test_a_model_that_fails(self, vmatte, clip, mask, tmp_path, monkeypatch):
        from vmatte.models.recall import matter

        def fail(*_):
            raise ZeroDivisionError("oops")

        monkeypatch.setattr(matter.Recall, "step", fail)
        refused(vmatte("process", clip, "--mask", mask, "--out", "done"), 7, "frame 0", "oops")
        assert not [name for name in tree(tmp_path) if "disc." in name and name != "disc.mp4"]

    def test_an_interrupt_leaves_nothing(self, clip, mask, tmp_path):
        script = [sys.executable, "-m", "vmatte.cli", "process", str(clip), "--mask", str(mask), "--out", "done"]
        drawn.clip(clip, count=60)
        with subprocess.Popen(script, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=_environment()) as running:
            partial = tmp_path / "done" / "disc.prores.partial.mov"
            deadline = time.monotonic() + 60
            while not (partial.exists() and partial.stat().st_size) and time.monotonic() < deadline:
                assert running.poll() is None, running.stderr
                os.sched_yield()
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=60)
        assert running.returncode == 130
        assert "interrupted" in err
        assert "Traceback" not in err
        assert not (tmp_path / "done").exists()


def _environment() -> dict[str, str]:
    root = Path(__file__).parents[2]
    return {**os.environ, "PYTHONPATH": str(root)}
