"""Image models through the command line: PNGs in, 16-bit mattes out, as the published procedures give them."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.cli.conftest import errors
from tests.cli.pictures import folder, matte
from tests.parity.seeded import seeded_state, vectors

# Half a step of 16 bits.
STEP = 0.5 / 65535


@pytest.fixture
def mattes(vmatte, tmp_path) -> Callable[..., np.ndarray]:
    """Runs a model on pictures; the mattes, and that the run's report says how it was set."""

    def run(model: str, weights: Path, pictures: list[np.ndarray], **given: object) -> np.ndarray:
        shot = folder(tmp_path / f"shot{len(list(tmp_path.iterdir()))}", *pictures)
        setting = [text for name, value in given.items() for text in ("--set", f"model.{name}={value}")]
        said = vmatte(
            "process", shot, "--model", model, "--weights", weights, *setting, "--set", "smooth=none", "--out", "done",
            "--output", "png16",
        )  # fmt: skip
        assert said.code == 0, said.err
        told = json.loads((tmp_path / f"done/{shot}.report.json").read_text())["plan"]["model"]
        assert {name: str(told[name]) for name in given} == {name: str(value) for name, value in given.items()}
        return np.stack([matte(path) for path in sorted((tmp_path / f"done/{shot}.png16").iterdir())])

    return run


@pytest.mark.parametrize(
    ("model", "name"), [pytest.param("u2net", "u2net", marks=pytest.mark.slow), ("u2net.small", "u2netp")]
)
def test_u2net(mattes, checkpoint, model, name):
    held, weights = vectors(name), checkpoint(name, 3)
    for case in ("even", "odd"):
        made = mattes(model, weights, list(held[f"{case}__frames"]), procedure="published", size="native")
        assert np.abs(made - held[f"{case}__alpha"][:, 0]).max() <= 1e-5 + STEP
    made = mattes(model, weights, [held["file__src"]], procedure="published")
    assert np.abs(np.floor(made[0] * 255) - held["file__png_ref"]).max() <= 1


@pytest.mark.parametrize("smoother", ["ema", "flow-ema", "median"])
def test_smoothers_take_its_mattes(vmatte, tmp_path, checkpoint, smoother):
    """As those of any model: they know mattes, not models."""
    frames = vectors("u2netp")["even__frames"]
    shot = folder(tmp_path / "shot", frames[0], frames[1], frames[0])
    said = vmatte(
        "process", shot, "--model", "u2net.small", "--weights", checkpoint("u2netp", 3), "--set", f"smooth={smoother}",
        "--set", "model.size=64", "--out", "done", "--output", "png16",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert f"smoothing: {smoother}" in said.err
    made = np.stack([matte(path) for path in sorted((tmp_path / "done/shot.png16").iterdir())])
    assert made.shape == (3, *frames[0].shape[:2])
    assert made.std() > 0


def test_the_full_networks_model_refuses_weights_of_the_small_one(vmatte, tmp_path, checkpoint):
    shot = folder(tmp_path / "shot", vectors("u2netp")["odd__frames"][0])
    said = vmatte("process", shot, "--model", "u2net", "--weights", checkpoint("u2netp", 3), "--out", "other")
    assert said.code == 5
    assert "u2net.small" in errors(said)[0]


@pytest.mark.parametrize(("setting", "why"), [("smooth=none", "by its keys"), ("model.size=native", "asked for")])
def test_a_checkpoint_alone_says_which_model_it_is_of(vmatte, tmp_path, checkpoint, setting, why):
    weights = checkpoint("u2netp", 3)
    shot = folder(tmp_path / "shot", vectors("u2netp")["even__frames"][0])
    said = vmatte("process", shot, "--weights", weights, "--set", setting, "--out", "done", "--output", "png16")
    assert said.code == 0, said.err
    assert re.search(rf"model u2net\.small: .*{why}", said.err)


def test_a_checkpoint_of_no_model_is_refused(vmatte, tmp_path):
    shot = folder(tmp_path / "shot", vectors("u2netp")["even__frames"][0])
    torch.save({"stem.weight": torch.zeros(1)}, tmp_path / "odd.pth")
    said = vmatte("process", shot, "--weights", "odd.pth", "--out", "done")
    assert said.code == 5
    assert "near to those of no known model" in errors(said)[0]


def test_isnet(mattes, checkpoint):
    held, weights = vectors("isnet"), checkpoint("isnet", 15)
    made = mattes("isnet", weights, list(held["even__frames"]), procedure="published", size="native", batch=2)
    assert np.abs(made - held["even__alpha"][:, 0]).max() <= 1e-5 + STEP
    made = mattes("isnet.anime", weights, [held["anime__src"]], procedure="published", size="128")
    assert np.abs(made[0] - held["anime__mask"]).max() <= 1e-5 + STEP


def test_modnet(mattes, tmp_path):
    held, weights = vectors("modnet"), tmp_path / "seeded.pth"
    torch.save({f"module.{key}": value for key, value in seeded_state("modnet", 3).items()}, weights)
    made = mattes("modnet.webcam", weights, list(held["even__frames"]), size="native", batch=2)
    assert np.abs(made - held["even__matte"][:, 0]).max() <= 1e-4
    made = mattes("modnet", weights, [held["keep__src"]], procedure="published")
    assert np.abs(made - held["keep__matte"][:, 0]).max() <= 1e-4


def test_gfm(mattes, checkpoint):
    held, weights = vectors("gfm_r34"), checkpoint("gfm_r34")
    made = mattes("gfm.r34", weights, [held["frame"]], size="native")
    assert np.abs(made - held["alpha"][:, 0]).max() <= 1e-5 + STEP


@pytest.mark.slow
@pytest.mark.parametrize(("model", "name"), [("gfm.r34-2b", "gfm_r34_2b"), ("gfm.d121-rim", "gfm_d121_rim")])
def test_other_trunks_of_gfm(mattes, checkpoint, model, name):
    held, weights = vectors(name), checkpoint(name)
    made = mattes(model, weights, [held["frame"]], size="native")
    assert np.abs(made - held["alpha"][:, 0].clip(0, 1)).max() <= 1e-5 + STEP


@pytest.mark.slow
def test_inspyrenet(mattes, checkpoint):
    held, weights = vectors("inspyrenet_dynamic"), checkpoint("inspyrenet", 0, "1024")
    made = mattes("inspyrenet", weights, [held["frame"]], stretch="frame", size="native")
    assert np.abs(made - held["alpha"][:, 0]).max() <= 1e-5 + STEP
