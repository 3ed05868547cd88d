"""One seeded network for all tests of the folder."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file


@pytest.fixture(scope="session")
def weights(checkpoint) -> Path:
    """A checkpoint file."""
    path: Path = checkpoint("isnet", 15)
    return path


@pytest.fixture(scope="module")
def state(weights) -> dict[str, torch.Tensor]:
    """Seeded weights; nobody may change them."""
    return load_file(weights)
