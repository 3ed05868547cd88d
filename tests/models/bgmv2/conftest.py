"""One seeded network for all tests of the folder."""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from tests.parity.seeded import seeded_state, vectors
from vmatte.models.bgmv2.network.model import BackgroundMatting
from vmatte.models.bgmv2.network.weights import network_from


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors gain nothing from more, and others use this machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def state() -> dict[str, torch.Tensor]:
    """Seeded weights of the small network; nobody may change them."""
    return seeded_state("bgmv2_mobilenetv2", vectors("bgmv2_mobilenetv2")["meta"]["seed"])


@pytest.fixture(scope="session")
def network(state) -> BackgroundMatting:
    """The small network; nobody may change it."""
    return network_from(state, "seeded", "mobilenetv2")


@pytest.fixture(scope="session")
def weights(state, tmp_path_factory) -> Path:
    """A checkpoint file of the small network."""
    path = Path(tmp_path_factory.mktemp("weights") / "seeded.safetensors")
    safetensors.torch.save_file(state, path)
    return path


@pytest.fixture(scope="session")
def pair() -> torch.Tensor:
    """Frame and plate of the vectors, (1, 6, 132, 172)."""
    held = vectors("bgmv2_mobilenetv2")
    both = [torch.from_numpy(held[name]).permute(2, 0, 1).float() / 255 for name in ("src", "bgr")]
    return torch.cat(both)[None]
