"""Image models through the command line: PNGs in, 16-bit mattes out, as the published procedures give them."""

import json
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


@pytest.fixture(autouse=True)
def one_thread():
    """Small tensors gain nothing from more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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


@pytest.mark.parametrize("case", ["even", "odd"])
def test_u2net(mattes, checkpoint, case):
    held, weights = vectors("u2netp"), checkpoint("u2netp", 3)
    made = mattes("u2net.small", weights, list(held[f"{case}__frames"]), procedure="published", size="native")
    assert np.abs(made - held[f"{case}__alpha"][:, 0]).max() <= 1e-5 + STEP


def test_the_full_networks_model_refuses_weights_of_the_small_one(vmatte, tmp_path, checkpoint):
    shot = folder(tmp_path / "shot", vectors("u2netp")["odd__frames"][0])
    said = vmatte("process", shot, "--model", "u2net", "--weights", checkpoint("u2netp", 3), "--out", "other")
    assert said.code == 5
    assert "u2net.small" in errors(said)[0]


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


@pytest.mark.slow
def test_inspyrenet(mattes, checkpoint):
    held, weights = vectors("inspyrenet_dynamic"), checkpoint("inspyrenet", 0, "1024")
    made = mattes("inspyrenet", weights, [held["frame"]], stretch="frame", size="native")
    assert np.abs(made - held["alpha"][:, 0]).max() <= 1e-5 + STEP
