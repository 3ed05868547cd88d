"""GFM as a model: its two strategies, what its kinds mean, and weights that are not its."""

import logging
from typing import cast

import pytest
import torch
import torch.nn.functional as F

from tests.models.image.frames import alphas, discs
from tests.parity.seeded import seeded_state
from vmatte.core.errors import WeightsError
from vmatte.models.gfm.matter import build
from vmatte.models.gfm.network.fusion import fused, glanced
from vmatte.models.gfm.network.model import GFM
from vmatte.models.gfm.network.weights import network_from, once, trunk_of
from vmatte.models.gfm.settings import GFMSettings, Strategy
from vmatte.models.image.matter import ImageModel
from vmatte.models.registry import Runtime


def test_it_glances_at_a_third_and_focuses_at_half(checkpoint):
    model = build(GFMSettings(weights=checkpoint("gfm_r34")), Runtime("cpu"))
    assert isinstance(model, ImageModel)
    (frame,) = discs(1, (200, 140))
    made = torch.from_numpy(alphas(model, [frame])[0])
    assert model.facts()["strategy"] == "hybrid"
    assert model.facts()["working_size"] == (64, 96)
    network = cast("GFM", model.recipe.network)
    picture = torch.from_numpy(frame.sdr).permute(2, 0, 1)[None]
    with torch.inference_mode():
        looks = [
            network.heads(F.interpolate(picture, size, mode="bilinear", antialias=True).float())[0]
            for size in ((32, 64), (64, 96))
        ]
    level, focus = (
        F.interpolate(one, (140, 200), mode="bilinear") for one in (glanced(looks[0][0], "tt"), looks[1][1].sigmoid())
    )
    wanted = torch.where((level > 0) & (level < 1), focus, level)[0, 0]
    assert (made - wanted).abs().max() <= 1e-5
    once_only = build(GFMSettings(weights=checkpoint("gfm_r34"), strategy=Strategy.resize), Runtime("cpu"))
    assert (torch.from_numpy(alphas(once_only, [frame])[0]) - wanted).abs().max() > 1e-3


def test_what_each_kind_makes_of_glance_and_focus():
    focus = torch.tensor([0.25]).expand(1, 1, 1, 3)
    three = glanced(torch.tensor([[9.0, 0, 0], [0, 9, 0], [0, 0, 9]])[None, :, None], "tt")
    assert fused(three, focus, "tt").flatten().tolist() == [0, 0.25, 1]
    two = glanced(torch.tensor([[9.0, 0, 0], [0, 9, 9]])[None, :, None], "ft")
    assert fused(two, focus, "ft").flatten().tolist() == [0.25, 1, 1]
    assert fused(two, focus, "bt").flatten().tolist() == [0, 0.75, 0.75]


def test_probabilities_that_tie_fall_to_the_first_class():
    assert glanced(torch.tensor([20.0, 30.0])[None, :, None, None], "ft").item() == 0


def test_a_second_name_that_differs_is_told_and_not_taken(caplog):
    state = seeded_state("gfm_r34", only=r"(encoder|resnet)\S*1\.0\.bn1\.bias")
    state |= {"resnet.layer1.0.bn1.bias": state["encoder1.1.0.bn1.bias"] + 1}
    with caplog.at_level(logging.WARNING):
        kept = once(state, "some.pth")
    assert "resnet.layer1.0.bn1.bias" in caplog.text
    assert not any(key.startswith("resnet") for key in kept)


def test_another_trunk_is_named():
    state = seeded_state("gfm_r34_2b", only=r"bridge_block\.0\.weight|encoder[15]\.1\.conv1\.weight")
    assert trunk_of(state) == "r34-2b"
    with pytest.raises(WeightsError, match="the r34-2b trunk, not the r34 one"):
        network_from(state, "some.pth", "r34", ("tt",))
