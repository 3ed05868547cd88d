"""Fixtures that every test shares."""

import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

# Small arrays gain nothing from more, waiting threads spin, and tests run on every core already. Before numpy's import.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
    os.environ.setdefault(_variable, "1")


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory):
    """No test touches the store of whoever runs them, nor the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VMATTE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("VMATTE_OFFLINE", "1")
        yield


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Callable[..., Path]:
    """A file of seeded weights, by the arguments of `seeded_state`; each is drawn and written once a session."""

    @cache
    def written(name: str, seed: int = 0, option: str | None = None) -> Path:
        import safetensors.torch
        import torch

        from tests.parity.seeded import manifest, seeded_state

        state, folder = seeded_state(name, seed, option), tmp_path_factory.mktemp("weights")
        path: Path = folder / f"{name}{'.pth' if manifest(name).get('alias') else '.safetensors'}"
        # Entries of two names share their memory, which only torch's own format can say.
        (torch.save if path.suffix == ".pth" else safetensors.torch.save_file)(state, path)
        return path

    return written


@pytest.fixture(autouse=True)
def one_thread():
    """Whatever another test in this process made of torch's pool: results must be the same to the last bit."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def no_thread_left():
    """Every test must leave no thread of ours behind."""
    yield
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("vmatte-")]
    assert not left, f"threads left running: {left}"
