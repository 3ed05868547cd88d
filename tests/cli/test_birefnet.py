"""BiRefNet through the command line: folder of PNGs in, 16-bit mattes out, as the published network gives them."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import errors
from tests.cli.pictures import folder, matte
from tests.parity.seeded import vectors

# The tolerance of the vectors, and half a step of 16 bits.
NEAR = 1e-5 + 0.5 / 65535


@pytest.fixture
def weights(checkpoint) -> Path:
    """A checkpoint file of seeded weights of the small network."""
    path: Path = checkpoint("birefnet_lite")
    return path


@pytest.fixture
def shot(tmp_path) -> str:
    """Two frames: the one of the vectors, and the same upside down."""
    frame = vectors("birefnet_lite")["frame"]
    return folder(tmp_path / "shot", frame, frame[::-1])


@pytest.mark.parametrize(("order", "key"), [("auto", "logits_wg_hg_c"), ("c_hg_wg", "logits")])
def test_frames_come_out_as_published(vmatte, weights, shot, tmp_path, order, key):
    said = vmatte(
        "process", shot, "--model", "birefnet.lite", "--weights", weights, "--set", "model.size=native", "--set",
        f"model.patch_order={order}", "--set", "model.batch=2", "--out", "done", "--output", "png16",
    )  # fmt: skip
    assert said.code == 0, said.err
    wanted = 1 / (1 + np.exp(-vectors("birefnet_lite")[key][0, 0].astype(np.float64)))
    assert np.abs(matte(tmp_path / "done/shot.png16/000000.png") - wanted).max() <= NEAR
    assert np.abs(matte(tmp_path / "done/shot.png16/000001.png") - wanted).max() > 0.01
    report = json.loads((tmp_path / "done/shot.report.json").read_text())
    assert report["plan"]["model"]["patch_order"] == order


def test_weights_of_the_other_size_are_refused_with_the_model_they_are_for(vmatte, weights, shot):
    said = vmatte("process", shot, "--model", "toonout", "--weights", weights, "--out", "done")
    assert said.code == 5
    (line,) = errors(said)
    assert "birefnet.lite" in line


def test_a_size_that_does_not_fit_the_network_is_refused(vmatte, weights, shot):
    said = vmatte(
        "process", shot, "--model", "birefnet", "--weights", weights, "--set", "model.size=1000", "--out", "done"
    )
    assert said.code == 2
    assert "the nearest is 992x992" in said.err


def test_the_cards_are_listed(vmatte):
    said = vmatte("models")
    assert said.code == 0
    assert {"birefnet", "birefnet.lite", "birefnet.hr-matting", "toonout"} <= set(said.out.split())
