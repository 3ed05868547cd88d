"""One seeded network of each size for all tests of the folder."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.models.image.frames import one_thread  # noqa: F401


@pytest.fixture(scope="session")
def small(checkpoint) -> Path:
    """A checkpoint file of the small network."""
    path: Path = checkpoint("u2netp", 3)
    return path


@pytest.fixture(scope="module")
def states(checkpoint, small) -> dict[str, dict[str, torch.Tensor]]:
    """Seeded weights of the full and the small network; nobody may change them."""
    return {"full": load_file(checkpoint("u2net", 3)), "small": load_file(small)}
