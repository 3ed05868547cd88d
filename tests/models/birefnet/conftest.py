"""One seeded network of each size for all tests of the folder."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from vmatte.models.birefnet.network.model import BiRefNet
from vmatte.models.birefnet.network.weights import network_from
from vmatte.models.birefnet.variants import PatchOrder


@pytest.fixture(scope="session")
def weights(checkpoint) -> Path:
    """A checkpoint file of the lite network."""
    path: Path = checkpoint("birefnet_lite")
    return path


@pytest.fixture(scope="session")
def state(weights) -> dict[str, torch.Tensor]:
    """Seeded weights of the lite network; nobody may change them."""
    return load_file(weights)


@pytest.fixture(scope="session")
def lite(state) -> BiRefNet:
    """The lite network, its weights taken for those of the new order; nobody may change it."""
    return network_from(state, "seeded", "tiny", PatchOrder.c_hg_wg)
