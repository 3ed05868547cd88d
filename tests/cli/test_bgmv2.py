"""BackgroundMattingV2 through the command line: frames and a plate in, mattes and colours out, as published."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from tests import drawn
from tests.cli.conftest import errors
from tests.parity.seeded import seeded_state, vectors

# The tolerance of the vectors, and half a step of 16 bits.
NEAR = 1e-5 + 0.5 / 65535
NAME = "bgmv2_mobilenetv2"


@pytest.fixture(scope="session")
def weights(checkpoint) -> Path:
    """A checkpoint file of seeded weights of the small network."""
    path: Path = checkpoint(NAME, vectors(NAME)["meta"]["seed"])
    return path


@pytest.fixture
def shot(tmp_path) -> list[str]:
    """Two frames, the one of the vectors and the same in a mirror, and their plates; the options that name them."""
    for name, key in (("shot", "src"), ("empty", "bgr")):
        (tmp_path / name).mkdir()
        picture = vectors(NAME)[key][..., ::-1]
        cv2.imwrite(str(tmp_path / name / "0000.png"), picture)
        cv2.imwrite(str(tmp_path / name / "0001.png"), picture[:, ::-1])
    return ["shot", "--model", "bgmv2.mobilenetv2", "--set", "model.align=none"]


def pixels(path: Path) -> np.ndarray:
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found


@pytest.mark.parametrize(("case", "batch"), [("sampling", 2), ("thresholding", 1), ("full", 1), ("eighth", 1)])
def test_frames_come_out_as_published(vmatte, weights, shot, tmp_path, case, batch):
    options = vectors(NAME)["meta"]["cases"][case]
    sets = [f"--set=model.{key}={value}" for key, value in options.items()]
    if batch == 1:
        sets.append("--plate=empty/0000.png")
    said = vmatte(
        "process", *shot, "--plate", "empty", *sets, "--weights", weights, "--set", f"model.batch={batch}",
        "--out", "done", "--output", "png16",
    )  # fmt: skip
    assert said.code == 0, said.err
    step = vectors(NAME)["meta"]["strides"].get(f"{case}__pha", 1)
    alpha = pixels(tmp_path / "done/shot.png16/000000.png")
    assert alpha.dtype == np.uint16
    found = alpha.astype(np.float64)[::step, ::step] / 65535
    assert np.abs(found - vectors(NAME)[f"{case}__pha"][0, 0]).max() <= NEAR


def test_the_colours_are_the_networks(vmatte, weights, shot, tmp_path):
    options = vectors(NAME)["meta"]["cases"]["full"]
    sets = [f"--set=model.{key}={value}" for key, value in options.items()]
    torch.save(seeded_state(NAME, vectors(NAME)["meta"]["seed"]), tmp_path / "seeded.pth")
    said = vmatte(
        "process", *shot, "--plate", "empty", *sets, "--weights", "seeded.pth", "--out", "done", "--output", "rgba-png",
    )  # fmt: skip
    assert said.code == 0, said.err
    found = pixels(tmp_path / "done/shot.rgba-png/000000.png")
    wanted = np.moveaxis(vectors(NAME)["full__fgr"][0], 0, 2) * 255
    seen = found[::2, ::2, 3] > 0
    assert seen.mean() > 0.3
    assert np.abs(found[::2, ::2, 2::-1].astype(np.float64) - wanted)[seen].max() <= 0.51
    report = json.loads((tmp_path / "done/shot.report.json").read_text())
    assert report["runtime"]["backbone_scale"] == 0.25
    assert report["weights"]["file"] == "seeded.pth"


def test_weights_of_another_size_are_refused_with_the_model_they_are_for(vmatte, weights, shot):
    shot[2] = "bgmv2.resnet50"
    said = vmatte("process", *shot, "--plate", "empty", "--weights", weights, "--out", "done")
    assert said.code == 5
    (line,) = errors(said)
    assert "bgmv2.mobilenetv2" in line


@pytest.mark.parametrize(
    ("setting", "word"),
    [("backbone_scale=0.6", "up to 0.5"), ("refine_sample_pixels=-1", "automatic"), ("refine_mode=fine", "sampling")],
)
def test_settings_that_make_no_sense_are_refused(vmatte, weights, shot, setting, word):
    said = vmatte("process", *shot, "--plate", "empty", "--weights", weights, "--set", f"model.{setting}")
    assert said.code == 2
    assert word in said.err


def test_the_cards_are_listed(vmatte):
    said = vmatte("models")
    assert {"bgmv2.mobilenetv2", "bgmv2.resnet50", "bgmv2.resnet101"} <= set(said.out.split())


def test_a_plate_is_asked_for(vmatte, weights, tmp_path):
    """A clip whose camera pans gives none of its own."""
    clip = drawn.clip(tmp_path / "disc.mp4", 12)
    said = vmatte("process", clip, "--model", "bgmv2.mobilenetv2", "--weights", weights, "--plate", "auto")
    assert said.code == 4
    assert "the camera moves" in said.err
