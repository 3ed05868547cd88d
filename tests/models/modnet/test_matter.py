"""MODNet as a model: its settings, its weights, and manners for video."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.models.image.frames import alphas, discs
from tests.parity.seeded import manifest
from vmatte.core.errors import ConfigError, WeightsError
from vmatte.models.image.settings import Procedure
from vmatte.models.modnet import CARDS
from vmatte.models.modnet.matter import build
from vmatte.models.modnet.network.weights import load_network, network_from
from vmatte.models.modnet.settings import MODNetSettings
from vmatte.models.modnet.sizing import published_size, video_size
from vmatte.models.registry import Runtime, signatures

SIDES = st.integers(1, 5000)


@given(height=SIDES, width=SIDES)
def test_sizes_are_whole_strides_and_bounded_for_video(height, width):
    for rule in (video_size, published_size):
        assert all(side >= 32 and side % 32 == 0 for side in rule(height, width))
    assert min(video_size(height, width)) == 512
    assert max(video_size(height, width)) <= 2048


def test_frames_together_are_as_frames_alone_and_have_no_blocks(weights):
    frames = discs(3, (128, 128))
    settings = {"weights": weights, "size": "64"}
    single = alphas(build(MODNetSettings(**settings), Runtime("cpu")), frames)
    both = alphas(build(MODNetSettings(**settings, batch=2), Runtime("cpu")), frames)
    # Each frame is normalised by itself.
    assert np.abs(single - both).max() <= 1e-5
    blocks = alphas(build(MODNetSettings(**settings, procedure=Procedure.published), Runtime("cpu")), frames)
    assert (np.diff(blocks, axis=2) == 0).mean() > 0.3 > (np.diff(single, axis=2) == 0).mean()


def test_native_is_the_nearest_the_network_takes(weights):
    model = build(MODNetSettings(weights=weights, size="native"), Runtime("cpu"))
    assert model.recipe.sizing(1080, 1919).padded == (1088, 1920)
    with pytest.raises(ConfigError, match="multiples of 32"):
        MODNetSettings(size="500")


def test_float32_unless_asked_otherwise(weights):
    assert build(MODNetSettings(weights=weights), Runtime("cpu", "auto")).facts()["precision"] == "float32"
    assert build(MODNetSettings(weights=weights), Runtime("cpu", "bf16")).facts()["precision"] == "bfloat16"


def test_published_files_hold_the_trunk_twice(state, tmp_path, caplog):
    twice = {key: state[key.removeprefix("lr_branch.")] for key in manifest("modnet")["derived"]}
    torch.save({f"module.{key}": value for key, value in (state | twice).items()}, tmp_path / "modnet.ckpt")
    own = load_network(tmp_path / "modnet.ckpt").state_dict()
    assert all(torch.equal(own[key], value) for key, value in state.items())
    assert not caplog.text
    key = "backbone.model.features.18.1.bias"
    found = network_from(state | twice | {f"lr_branch.{key}": state[key] + 1}, "odd").state_dict()
    # As the reference has it.
    assert torch.equal(found[key], state[key] + 1)
    assert "differ" in caplog.text


def test_keys_that_differ_are_named(state):
    lacking = {key: value for key, value in state.items() if key != "f_branch.conv_f.1.layers.0.bias"}
    with pytest.raises(WeightsError, match=r"f_branch\.conv_f.*nearest known one \(modnet\)"):
        network_from(lacking, "odd.ckpt", signatures())
    assert [card.name for card in CARDS] == ["modnet", "modnet.webcam"]
