"""RVM through the command line: folder of PNGs in, mattes and colours out, as the published network gives them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import safetensors.torch

from tests.cli.conftest import errors
from tests.parity.seeded import seeded_state, vectors

# The tolerance of the vectors, and half a step of 16 bits.
NEAR = 1e-5 + 0.5 / 65535


@pytest.fixture(scope="session")
def weights(checkpoint) -> Path:
    """A checkpoint file of seeded weights of the small network."""
    path: Path = checkpoint("rvm_mobilenetv3", 9)
    return path


@pytest.fixture
def shot(tmp_path) -> str:
    """The frames of the vectors."""
    (tmp_path / "shot").mkdir()
    for index, frame in enumerate(vectors("rvm_mobilenetv3")["frames"]):
        cv2.imwrite(str(tmp_path / f"shot/{index:04d}.png"), frame[..., ::-1])
    return "shot"


def stored(path: Path) -> np.ndarray:
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels


@pytest.mark.parametrize(("case", "ratio"), [("full", "auto"), ("half", "0.5"), ("odd", "0.4")])
def test_a_clip_comes_out_as_published(vmatte, weights, shot, tmp_path, case, ratio):
    said = vmatte(
        "process", shot, "--model", "rvm.mobilenetv3", "--weights", weights, "--out", "done",
        "--set", f"model.downsample_ratio={ratio}", "--set", "model.seq_chunk=3",
        "--output", "png16", "--output", "rgba-png",
    )  # fmt: skip
    assert said.code == 0, said.err
    held = vectors("rvm_mobilenetv3")
    for index, wanted in enumerate(held[f"{case}__pha"]):
        found = stored(tmp_path / f"done/shot.png16/{index:06d}.png") / 65535
        assert np.abs(found - wanted[0]).max() <= NEAR
        colour = stored(tmp_path / f"done/shot.rgba-png/{index:06d}.png")[::3, ::3, 2::-1] / 255
        # Where there is no subject, colours are made up for the encoder.
        apart = np.abs(colour - held[f"{case}__fgr"][index].transpose(1, 2, 0))[wanted[0, ::3, ::3] > 0]
        assert apart.max() <= 1e-5 + 0.5 / 255
    report = json.loads((tmp_path / "done/shot.report.json").read_text())
    assert report["plan"]["model"]["seq_chunk"] == 3
    assert report["runtime"]["downsample_ratio"] == {"full": 1, "half": 0.5, "odd": 0.4}[case]
    assert report["smoother"] == "none"


def test_weights_without_the_filter_say_how_to_use_them(vmatte, shot, tmp_path):
    state = {key: value for key, value in seeded_state("rvm_mobilenetv3").items() if not key.startswith("refiner.")}
    safetensors.torch.save_file(state, tmp_path / "web.safetensors")
    options = ["process", shot, "--model", "rvm.mobilenetv3", "--weights", "web.safetensors", "--out", "done"]
    said = vmatte(*options)
    assert said.code == 5
    (line,) = errors(said)
    assert "--set model.refiner=fast_guided_filter" in line
    said = vmatte(*options, "--set", "model.refiner=fast_guided_filter", "--output", "png16")
    assert said.code == 0, said.err


def test_a_ratio_that_is_none_is_refused(vmatte, weights, shot):
    said = vmatte(
        "process",
        shot,
        "--model",
        "rvm.resnet50",
        "--weights",
        weights,
        "--set",
        "model.downsample_ratio=2",
        "--out",
        "x",
    )
    assert said.code == 2
    assert "auto, or a number in (0, 1]" in said.err


def test_hints_it_does_not_look_at_are_not_claimed_to_be_used(vmatte, weights, shot, tmp_path):
    """A mask beside the clip that would be refused for its size, and one that is named."""
    cv2.imwrite(str(tmp_path / "shot.mask.png"), np.zeros((7, 9), np.uint8))
    cv2.imwrite(str(tmp_path / "first.png"), np.full((90, 118), 255, np.uint8))
    options = ["process", shot, "--model", "rvm.mobilenetv3", "--weights", weights, "--out", "done", "--dry-run"]
    said = vmatte(*options)
    assert said.code == 0, said.err
    assert "mask" not in said.err
    said = vmatte(*options, "--mask", "first.png")
    assert said.code == 0, said.err
    assert "warning: model rvm.mobilenetv3 takes no mask" in said.err


def test_the_clips_own_pixels_on_request(vmatte, weights, shot, tmp_path):
    said = vmatte(
        "process", shot, "--model", "rvm.mobilenetv3", "--weights", weights, "--out", "done", "--end", "0.05",
        "--output", "rgba-png", "--set", "foreground=source",
    )  # fmt: skip
    assert said.code == 0, said.err
    found = stored(tmp_path / "done/shot.rgba-png/000000.png")
    np.testing.assert_array_equal(found[..., 2::-1], vectors("rvm_mobilenetv3")["frames"][0])
