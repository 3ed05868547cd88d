"""One seeded network of each size for all tests of the folder."""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from tests.parity.seeded import seeded_state
from vmatte.models.birefnet.network.model import BiRefNet
from vmatte.models.birefnet.network.weights import network_from
from vmatte.models.birefnet.variants import PatchOrder


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors gain nothing from more, and others use this machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def state() -> dict[str, torch.Tensor]:
    """Seeded weights of the lite network; nobody may change them."""
    return seeded_state("birefnet_lite")


@pytest.fixture(scope="session")
def lite(state) -> BiRefNet:
    """The lite network, its weights taken for those of the new order; nobody may change it."""
    return network_from(state, "seeded", "tiny", PatchOrder.c_hg_wg)


@pytest.fixture(scope="session")
def weights(state, tmp_path_factory) -> Path:
    """A checkpoint file of the lite network."""
    path = Path(tmp_path_factory.mktemp("weights") / "seeded.safetensors")
    safetensors.torch.save_file(state, path)
    return path
