"""IS-Net as a model: its settings, its weights, and manners for video."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from tests.models.image.frames import alphas, discs
from vmatte.core.errors import WeightsError
from vmatte.models.image.settings import Procedure, Stretch
from vmatte.models.isnet import CARDS
from vmatte.models.isnet.matter import build
from vmatte.models.isnet.network.weights import network_from
from vmatte.models.isnet.settings import ISNetSettings
from vmatte.models.isnet.sizing import letterboxed
from vmatte.models.registry import Runtime, signatures

SIDES = st.integers(1, 4000)


def test_a_video_is_stretched_only_when_asked(weights):
    frames = discs(2)
    plain = alphas(build(ISNetSettings(weights=weights, size="native", batch=2), Runtime("cpu")), frames)
    assert 0 < plain.min() < plain.max() < 1
    settings = ISNetSettings(weights=weights, size="native", stretch=Stretch.frame)
    low, high = plain.min((1, 2), keepdims=True), plain.max((1, 2), keepdims=True)
    assert np.abs(alphas(build(settings, Runtime("cpu")), frames) - (plain - low) / (high - low)).max() <= 1e-5


def test_drawings_are_never_stretched_unasked_and_keep_their_shape(weights):
    settings = ISNetSettings(name="isnet.anime", weights=weights, size="64", procedure=Procedure.published)
    (frame,) = discs(1, (64, 20))
    found = alphas(build(settings, Runtime("cpu")), [frame])
    assert found.shape == (1, 20, 64)
    assert 0 < found.min() < found.max() < 1


@given(height=SIDES, width=SIDES, side=st.integers(16, 1024))
def test_a_letterbox_holds_the_whole_frame_in_the_middle(height, width, side):
    found = letterboxed((height, width), (side, side))
    assert found.padded == (side, side)
    assert max(found.inner) == side
    assert all(
        abs(after - before) <= 1 and min(before, after) >= 0
        for before, after in zip(found.before, found.after, strict=True)
    )
    assert abs(found.inner[0] / side - height / max(height, width)) <= 1 / side
    assert abs(found.inner[1] / side - width / max(height, width)) <= 1 / side


def test_training_checkpoints_of_the_anime_project_load(state):
    held = {f"net.{key}": value for key, value in state.items()} | {"gt_encoder.conv_in.weight": torch.zeros(1)}
    assert torch.equal(network_from(held, "bare").state_dict()["side1.weight"], state["side1.weight"])


def test_the_sister_is_told_apart_though_it_has_as_many_keys(state, checkpoint):
    other = load_file(checkpoint("u2netp", 3))
    assert len(other) == len(state)
    with pytest.raises(WeightsError, match="nearest known model is u2net"):
        network_from(other, "u2netp.pth", signatures())


def test_the_cards_say_whose_licence_is_unclear():
    free = {card.name: card.weights.free for card in CARDS if card.weights}
    assert free == {"isnet": False, "isnet.dis": False, "isnet.anime": True}
