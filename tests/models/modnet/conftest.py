"""One seeded network for all tests of the folder."""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from tests.models.image.frames import one_thread  # noqa: F401
from tests.parity.seeded import seeded_state


@pytest.fixture(scope="session")
def state() -> dict[str, torch.Tensor]:
    """Seeded weights; nobody may change them."""
    return seeded_state("modnet", 3)


@pytest.fixture(scope="session")
def weights(state, tmp_path_factory) -> Path:
    """A checkpoint file."""
    path = Path(tmp_path_factory.mktemp("weights") / "seeded.safetensors")
    safetensors.torch.save_file(state, path)
    return path
