"""Seeded weights for all tests of the folder."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.parity.seeded import seeded_state


@pytest.fixture(scope="session")
def weights(checkpoint) -> Path:
    """A checkpoint file for a base of 1024 px."""
    path: Path = checkpoint("inspyrenet", 0, "1024")
    return path


@pytest.fixture(scope="module")
def large(weights) -> dict[str, torch.Tensor]:
    """Seeded weights for a base of 1024 px; nobody may change them."""
    return load_file(weights)


@pytest.fixture(scope="module")
def state(large) -> dict[str, torch.Tensor]:
    """The same for a base of 384 px: they differ in what the sums over all places are divided by."""
    state: dict[str, torch.Tensor] = large | seeded_state(
        "inspyrenet", 0, "384", r"attention\d\.conv_(key|value)\.0\.bn\.running_var"
    )
    return state
