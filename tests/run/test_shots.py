"""Shots: cuts are found where they are, and nothing of one shot reaches the next."""

import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests import drawn
from vmatte.config.process import process
from vmatte.core.errors import HintError
from vmatte.core.types import Clip, Frame, Hints, Layer, Matte
from vmatte.hints.shots import Shot, find_shots
from vmatte.run.shots import PerShot, Scenes, StagePerShot

pytest.importorskip("scenedetect")

CUT, END = 18, 36


def other(index):
    """The second shot: other colours, the subject on the other side."""
    return np.ascontiguousarray(255 - drawn.picture(index)[:, ::-1])


@pytest.fixture
def clip(tmp_path):
    folder = tmp_path / "cut"
    folder.mkdir()
    for index in range(END):
        rgb = drawn.picture(index) if index < CUT else other(index - CUT)
        cv2.imwrite(str(folder / f"{index:06d}.png"), rgb[..., ::-1])
    drawn.mask(tmp_path / "first.png")
    cv2.imwrite(str(tmp_path / "second.png"), np.where(drawn.disc(0)[:, ::-1] >= 0.5, 255, 0).astype(np.uint8))
    return folder


def frame(index, rgb):
    return Frame(index, index, rgb, rgb)


def test_cuts_are_found_where_they_are():
    pictures = [drawn.picture(index) if index < CUT else other(index - CUT) for index in range(END)]
    run = [frame(100 + index, rgb) for index, rgb in enumerate(pictures)]
    assert find_shots(run, Fraction(24)) == [Shot(100, 100 + CUT), Shot(100 + CUT, 100 + END)]
    assert find_shots(run[:CUT], Fraction(24)) == [Shot(100, 100 + CUT)]
    assert find_shots([], Fraction(24)) == []


def test_each_shot_follows_its_own_mask(clip, tmp_path):
    masks = [tmp_path / "first.png", f"{CUT}={tmp_path / 'second.png'}"]
    report = process(
        clip, masks=masks, out=tmp_path / "done", outputs=["png16"], overrides=["shots=auto", "model=recall"]
    )
    assert report.shots == ((0, CUT - 1), (CUT, END - 1))
    assert json.loads((tmp_path / "done/cut.report.json").read_text())["shots"] == [[0, CUT - 1], [CUT, END - 1]]
    last = np.asarray(cv2.imread(str(tmp_path / "done/cut.png16/000035.png"), cv2.IMREAD_UNCHANGED)) / 65535
    assert np.abs(last - drawn.disc(END - 1 - CUT)[:, ::-1]).mean() < 0.02


def test_a_shot_without_a_mask_is_refused_by_its_frames(clip, tmp_path):
    with pytest.raises(HintError, match=f"shot of frames {CUT} to {END - 1} has no mask.*--mask {CUT}=FILE"):
        process(clip, masks=[tmp_path / "first.png"], out=tmp_path / "done", overrides=["shots=auto", "model=recall"])


class Counting:
    """Its matte says how many frames it has seen, and what hints it was given."""

    def mattes(self, clip, hints, frames):
        for seen, each in enumerate(frames):
            value = seen / 10 + hints.maps["mask"]
            yield Matte(each, (Layer("subject", np.full((2, 2), value, np.float32)),))


def test_models_and_stages_start_over():
    facts = Clip(Path("x"), 2, 2, Fraction(24), Fraction(1, 24))
    run = (frame(index, np.zeros((2, 2, 3), np.uint8)) for index in range(5))
    shots = [Shot(0, 2), Shot(2, 3), Shot(3, 5)]
    scenes = Scenes(shots, [Hints({"mask": value}) for value in (0.0, 0.5, 0.3)])  # type: ignore[dict-item]
    mattes = PerShot(Counting(), scenes).mattes(facts, Hints(), run)
    begun = []

    def stage():
        begun.append(True)
        return lambda clip, mattes: mattes

    staged = list(StagePerShot(stage, shots)(facts, mattes))
    assert [round(float(matte.alpha[0, 0]), 1) for matte in staged] == [0.0, 0.1, 0.5, 0.3, 0.4]
    assert len(begun) == 3
