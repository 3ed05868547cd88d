"""One seeded network for all tests of the folder."""

import pytest
import torch

from tests.parity.seeded import seeded_state
from vmatte.models.matanyone.network.model import MatAnyone
from vmatte.models.matanyone.network.weights import network_from


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors gain nothing from more, and others use this machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def network() -> MatAnyone:
    """With the seeded weights; nobody may change it."""
    return network_from(seeded_state("matanyone"), "seeded")
