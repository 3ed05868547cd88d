"""One seeded network for all tests of the folder."""

from pathlib import Path

import pytest
import torch

from tests.parity.seeded import seeded_state, vectors
from vmatte.models.bgmv2.network.model import BackgroundMatting
from vmatte.models.bgmv2.network.weights import network_from


@pytest.fixture(scope="session")
def state() -> dict[str, torch.Tensor]:
    """Seeded weights of the small network; nobody may change them."""
    return seeded_state("bgmv2_mobilenetv2", vectors("bgmv2_mobilenetv2")["meta"]["seed"])


@pytest.fixture(scope="session")
def network(state) -> BackgroundMatting:
    """The small network; nobody may change it."""
    return network_from(state, "seeded", "mobilenetv2")


@pytest.fixture(scope="session")
def weights(checkpoint) -> Path:
    """A checkpoint file of the small network."""
    path: Path = checkpoint("bgmv2_mobilenetv2", vectors("bgmv2_mobilenetv2")["meta"]["seed"])
    return path


@pytest.fixture(scope="session")
def pair() -> torch.Tensor:
    """Frame and plate of the vectors, (1, 6, 132, 172)."""
    held = vectors("bgmv2_mobilenetv2")
    both = [torch.from_numpy(held[name]).permute(2, 0, 1).float() / 255 for name in ("src", "bgr")]
    return torch.cat(both)[None]
