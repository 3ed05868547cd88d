"""Plates that are made from the clip, on request."""

from tests.hints.test_plates import wall, written
from tests.plate_scene import scene


def test_a_plate_is_made_from_the_clip_on_request(vmatte, tmp_path):
    clip = scene(height=96, width=160, count=8, shadow=1.0, noise=1.0)
    written(tmp_path / "walk", clip.frames)
    said = vmatte("process", "walk", "--plate", "auto", "--out", "done", "--output", "png16", "--set", "stream.depth=1")
    assert said.code == 0, said.err
    assert "the plate is estimated from 8 frames" in said.err
    assert "estimated from the clip" in (tmp_path / "done/walk.report.json").read_text()


def test_a_clip_in_which_nothing_moves_gives_no_plate(vmatte, tmp_path):
    written(tmp_path / "still", [wall(0, 1.0, seed) for seed in range(5)])
    said = vmatte("process", "still", "--plate", "auto", "--out", "done")
    assert said.code == 4
    assert "nothing moves in the clip" in said.err
