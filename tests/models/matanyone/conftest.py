"""One seeded network for all tests of the folder."""

import pytest

from tests.parity.seeded import seeded_state
from vmatte.models.matanyone.network.model import MatAnyone
from vmatte.models.matanyone.network.weights import network_from


@pytest.fixture(scope="session")
def network() -> MatAnyone:
    """With the seeded weights; nobody may change it."""
    return network_from(seeded_state("matanyone"), "seeded")
