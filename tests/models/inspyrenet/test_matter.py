"""InSPyReNet as a model: its settings, its weights, and manners for video."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.models.image.frames import alphas, discs
from tests.parity.seeded import manifest
from vmatte.core.errors import ConfigError, WeightsError
from vmatte.models.image.settings import Stretch
from vmatte.models.inspyrenet import BASES, CARDS, matter
from vmatte.models.inspyrenet import sizing as rules
from vmatte.models.inspyrenet.matter import build
from vmatte.models.inspyrenet.network.model import InSPyReNet
from vmatte.models.inspyrenet.network.pyramid import blended
from vmatte.models.inspyrenet.network.weights import network_from
from vmatte.models.inspyrenet.settings import InSPyReNetSettings
from vmatte.models.inspyrenet.sizing import dynamic_size
from vmatte.models.registry import Runtime, signatures

SIDES = st.integers(1, 5000)


@pytest.fixture(scope="module")
def network(large) -> InSPyReNet:
    """Sums over fewer places than published, to be quick."""
    return network_from(large, "seeded", 128)


@pytest.fixture
def model(network, monkeypatch) -> Callable[..., Any]:
    """The model with that network."""
    monkeypatch.setattr(matter, "load_network", lambda *given: network)

    def made(precision: str = "fp32", **given: Any) -> Any:
        return build(
            InSPyReNetSettings(name="inspyrenet.fast", weights=Path("seeded"), base=128, **given),
            Runtime("cpu", precision),
        )

    return made


@given(height=SIDES, width=SIDES)
def test_dynamic_sizes_are_whole_strides(height, width):
    found = dynamic_size(height, width)
    assert all(side >= 32 and side % 32 == 0 for side in found)
    assert min(found) <= 1280


def test_sizes_are_the_published_ones(model):
    assert model().recipe.sizing(720, 1280).inner == (128, 128)
    assert model(size="dynamic").recipe.sizing(1080, 1920).inner == (1088, 1920)
    found = [model(blend=True).recipe.sizing(*size).inner for size in ((1080, 1920), (520, 900))]
    assert found == [(1088, 1920), (128, 128)]


def test_frames_of_a_batch_are_stretched_one_by_one(model):
    settings = {"size": "native"}
    dark, light = discs(2, (96, 64))
    single = [alphas(model(**settings, stretch=Stretch.frame), [frame])[0] for frame in (dark, light)]
    both = alphas(model(**settings, stretch=Stretch.frame, batch=2), [dark, light])
    assert np.abs(np.stack(single) - both).max() <= 1e-4
    assert [one.min() for one in both] == [0, 0]
    plain = alphas(model(**settings), [dark])[0]
    assert np.abs(single[0] - (plain - plain.min()) / np.ptp(plain)).max() <= 1e-5


def test_two_passes_take_edges_from_the_larger(model, network, monkeypatch):
    monkeypatch.setattr(rules, "_BLENDED", 64)
    made = model(blend=True)
    (frame,) = discs(1, (128, 96))
    found = alphas(made, [frame])
    assert made.facts()["working_size"] == (96, 128)
    stack = torch.from_numpy(frame.rgb).permute(2, 0, 1)[None]
    large, square = (one.float() / 255 for one in made.recipe.fitted(stack, made.recipe.sizing(96, 128)))
    assert square.shape == (1, 3, 128, 128)
    with torch.inference_mode():
        wanted = blended(network(square), network.pyramid(large).residuals).sigmoid()
    assert np.abs(found - wanted[:, 0].numpy()).max() <= 1e-4


def test_lower_precision_stays_near(model):
    frames = discs(1, (96, 64))
    low, exact = (alphas(model(precision, size="native"), frames) for precision in ("bf16", "fp32"))
    assert 0 < np.abs(low - exact).max() <= 0.05


def test_a_base_that_cannot_be_halved_is_refused():
    with pytest.raises(ConfigError, match=r"model\.base=100"):
        InSPyReNetSettings(base=100)


def test_published_files_hold_positions_besides(large):
    held = manifest("inspyrenet")["derived"]
    assert all(key.endswith("relative_position_index") for key in held)
    index = {key: torch.zeros(shape, dtype=torch.int64) for key, shape in held.items()}
    assert torch.equal(
        network_from(large | index, "full", 384).decoder.conv5.conv.weight, large["decoder.conv5.conv.weight"]
    )
    lacking = {key: value for key, value in large.items() if key != "attention1.threshold"}
    with pytest.raises(WeightsError, match=r"attention1\.threshold.*nearest known one \(inspyrenet\)"):
        network_from(lacking, "odd.pth", 384, signatures())


def test_every_card_has_a_base():
    assert [card.name for card in CARDS] == list(BASES)
