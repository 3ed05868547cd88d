"""IS-Net against the published network and scripts, entry by entry, with seeded weights."""

import numpy as np
import pytest
import torch

from tests.models.image.frames import alphas, framed, tensor
from tests.parity.seeded import vectors
from tests.parity.taps import apart, tapped
from vmatte.models.image.matter import ImageModel
from vmatte.models.image.settings import Procedure
from vmatte.models.isnet.matter import build
from vmatte.models.isnet.network.weights import network_from
from vmatte.models.isnet.settings import ISNetSettings
from vmatte.models.registry import Runtime

# Rounding of float32 was measured at 3e-7 in the maps.
NEAR_MAPS = 5e-6
NEAR = 1e-5
STAGES = ["conv_in", *(f"stage{number}" for number in range(1, 7)), *(f"stage{number}d" for number in range(5, 0, -1))]


def test_what_each_stage_sees(state):
    held = vectors("isnet")
    network = network_from(state, "seeded")
    for case in ("even", "odd"):
        image = tensor(held[f"{case}__frames"]) / 255 - 0.5
        with torch.inference_mode(), tapped(network, STAGES) as found:
            outs = network.every(image)
            assert torch.equal(outs[0], network(image))
        for number, made in enumerate(outs, 1):
            assert apart(held, f"{case}__d{number}", made.sigmoid()) <= NEAR_MAPS
        if case == "even":
            for stage in STAGES:
                assert apart(held, f"even__{stage}", found[stage][:1]) <= NEAR, stage


@pytest.mark.slow
def test_a_file_comes_out_as_from_the_authors_script(weights):
    held = vectors("isnet")
    model = build(ISNetSettings(weights=weights, procedure=Procedure.published), Runtime("cpu"))
    assert isinstance(model, ImageModel)
    stages = ["stage5", "stage6", "stage5d"]
    with tapped(model.recipe.network, stages) as found:
        made = alphas(model, framed(held["file__src"]))[0]
    assert all(apart(held, f"file__{stage}", found[stage]) <= NEAR for stage in stages)
    assert np.abs((made * 255).astype(int) - held["file__png_ref"]).max() <= 1
    (image,) = model.recipe.fitted(tensor(held["file__src"][None]).byte(), model.recipe.sizing(180, 270))
    assert apart(held, "file__input_ref", image / 255 - 0.5) == 0


def test_a_drawing_comes_out_as_from_that_projects_function(weights):
    held = vectors("isnet")
    settings = ISNetSettings(name="isnet.anime", weights=weights, size="128", procedure=Procedure.published)
    model = build(settings, Runtime("cpu"))
    assert isinstance(model, ImageModel)
    (image,) = model.recipe.fitted(tensor(held["anime__src"][None]).byte(), model.recipe.sizing(90, 160))
    assert apart(held, "anime__input", image / 255) <= 1e-6
    assert np.abs(alphas(model, framed(held["anime__src"]))[0] - held["anime__mask"]).max() <= NEAR
