"""MODNet against the published network and script, entry by entry, with seeded weights."""

import numpy as np
import pytest
import torch

from tests.models.image.frames import alphas, framed, tensor
from tests.parity.seeded import vectors
from tests.parity.taps import apart, tapped
from vmatte.models.image.matter import ImageModel
from vmatte.models.image.settings import Procedure
from vmatte.models.modnet.matter import build
from vmatte.models.modnet.network.weights import network_from
from vmatte.models.modnet.settings import MODNetSettings
from vmatte.models.modnet.sizing import published_size
from vmatte.models.registry import Runtime

# Rounding of float32 was measured at 3e-6 of alpha; the mildest mistake moves it by 2.4e-3.
NEAR = 1e-4
TAPS = {
    "enc2x": "backbone.model.features.1",
    "enc4x": "backbone.model.features.3",
    "enc8x": "backbone.model.features.6",
    "enc16x": "backbone.model.features.13",
    "enc32x": "backbone.model.features.18",
    "se": "lr_branch.se_block",
    "lr16x": "lr_branch.conv_lr16x",
    "lr8x": "lr_branch.conv_lr8x",
    "hr4x": "hr_branch.conv_hr4x",
    "hr2x": "hr_branch.conv_hr2x",
    "lr4x": "f_branch.conv_lr4x",
    "f2x": "f_branch.conv_f2x",
}


@pytest.mark.parametrize("case", ["even", "small"])
def test_what_each_part_sees(state, case):
    held = vectors("modnet")
    network = network_from(state, "seeded")
    image = tensor(held[f"{case}__frames"]) / 127.5 - 1
    with torch.inference_mode(), tapped(network, TAPS.values()) as found:
        matte = network(image).sigmoid()
        semantic = network.lr_branch.semantic(found[TAPS["lr8x"]]).sigmoid()
        detail = network.hr_branch.detail(image, found[TAPS["hr2x"]]).sigmoid()
    for key, made in (("matte", matte), ("semantic", semantic), ("detail", detail)):
        assert apart(held, f"{case}__{key}", made) <= NEAR, key
    if case == "even":
        for key, name in TAPS.items():
            assert apart(held, f"even__{key}", found[name][:1]) <= NEAR, key


@pytest.mark.parametrize("case", ["up", "keep"])
def test_a_file_comes_out_as_from_the_authors_script(weights, case):
    held = vectors("modnet")
    source = held[f"{case}__src"]
    model = build(MODNetSettings(weights=weights, procedure=Procedure.published), Runtime("cpu"))
    assert isinstance(model, ImageModel)
    (image,) = model.recipe.fitted(tensor(source[None]).byte(), model.recipe.sizing(*source.shape[:2]))
    assert apart(held, f"{case}__input", image / 127.5 - 1) <= NEAR
    with tapped(model.recipe.network, ["f_branch"]) as found:
        made = alphas(model, framed(source))
    assert apart(held, f"{case}__matte_net", found["f_branch"].sigmoid()) <= NEAR
    assert apart(held, f"{case}__matte", made[None]) <= NEAR
    assert np.abs((made[0] * 255).astype(int) - held[f"{case}__png"]).max() <= 1


def test_the_size_rule_is_the_published_one():
    for height, width, *wanted in vectors("modnet")["rule"].tolist():
        assert list(published_size(height, width)) == wanted, (height, width)
