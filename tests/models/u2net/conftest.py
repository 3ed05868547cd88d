"""One seeded network of each size for all tests of the folder."""

from pathlib import Path

import pytest
import safetensors.torch
import torch

from tests.models.image.frames import one_thread  # noqa: F401
from tests.parity.seeded import seeded_state


@pytest.fixture(scope="session")
def states() -> dict[str, dict[str, torch.Tensor]]:
    """Seeded weights of the full and the small network; nobody may change them."""
    return {"full": seeded_state("u2net", 3), "small": seeded_state("u2netp", 3)}


@pytest.fixture(scope="session")
def small(states, tmp_path_factory) -> Path:
    """A checkpoint file of the small network."""
    path = Path(tmp_path_factory.mktemp("weights") / "seeded.safetensors")
    safetensors.torch.save_file(states["small"], path)
    return path
