"""One seeded network for all tests of the folder."""

from pathlib import Path

import pytest
import torch

from tests.parity.seeded import seeded_state
from vmatte.models.rvm.network.model import RVM
from vmatte.models.rvm.network.weights import network_from
from vmatte.models.rvm.variants import Backbone, Refiner


@pytest.fixture(scope="session")
def state() -> dict[str, torch.Tensor]:
    """Seeded weights of the small network, as its vectors have them; nobody may change them."""
    return seeded_state("rvm_mobilenetv3", seed=9)


@pytest.fixture(scope="session")
def network(state) -> RVM:
    """The small network with the deep guided filter; nobody may change it."""
    return network_from(state, "seeded", Backbone.mobilenetv3, Refiner.deep_guided_filter)


@pytest.fixture(scope="session")
def weights(checkpoint) -> Path:
    """A checkpoint file of the small network."""
    path: Path = checkpoint("rvm_mobilenetv3", 9)
    return path
