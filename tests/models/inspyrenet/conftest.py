"""One seeded state dict for all tests of the folder, and a network of each base size."""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from tests.models.image.frames import one_thread  # noqa: F401
from tests.parity.seeded import seeded_state


@pytest.fixture(scope="session")
def state() -> dict[str, torch.Tensor]:
    """Seeded weights for a base of 384 px; nobody may change them."""
    return seeded_state("inspyrenet", 0, "384")


@pytest.fixture(scope="session")
def large(state) -> dict[str, torch.Tensor]:
    """The same for a base of 1024 px: they differ in what the sums over all places are divided by."""
    return state | seeded_state("inspyrenet", 0, "1024", r"attention\d\.conv_(key|value)\.0\.bn\.running_var")


@pytest.fixture(scope="session")
def weights(state, tmp_path_factory) -> Path:
    """A checkpoint file for a base of 384 px."""
    path = Path(tmp_path_factory.mktemp("weights") / "seeded.safetensors")
    safetensors.torch.save_file(state, path)
    return path
