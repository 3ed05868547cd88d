"""One seeded network for all tests of the folder."""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from tests.parity.seeded import seeded_state
from vmatte.models.rvm.network.model import RVM
from vmatte.models.rvm.network.weights import network_from
from vmatte.models.rvm.variants import Backbone, Refiner


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors gain nothing from more, and others use this machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def state() -> dict[str, torch.Tensor]:
    """Seeded weights of the small network, as its vectors have them; nobody may change them."""
    return seeded_state("rvm_mobilenetv3", seed=9)


@pytest.fixture(scope="session")
def network(state) -> RVM:
    """The small network with the deep guided filter; nobody may change it."""
    return network_from(state, "seeded", Backbone.mobilenetv3, Refiner.deep_guided_filter)


@pytest.fixture(scope="session")
def weights(state, tmp_path_factory) -> Path:
    """A checkpoint file of the small network."""
    path = Path(tmp_path_factory.mktemp("weights") / "seeded.safetensors")
    safetensors.torch.save_file(state, path)
    return path
