"""U2-Net against the published network and script, entry by entry, with seeded weights."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.models.image.frames import alphas, framed, tensor
from tests.parity.seeded import vectors
from tests.parity.taps import apart, tapped
from vmatte.models.image.matter import ImageModel
from vmatte.models.image.settings import Procedure
from vmatte.models.registry import Runtime
from vmatte.models.u2net.matter import build
from vmatte.models.u2net.network.weights import network_from
from vmatte.models.u2net.settings import U2NetSettings

# Rounding of float32 was measured at 5e-7; the mildest mistakes move results by 4e-4.
NEAR = 1e-5
# scikit-image's way of sampling is reproduced, not called.
NEAR_FILE = 5e-5
STAGES = [*(f"stage{number}" for number in range(1, 7)), *(f"stage{number}d" for number in range(5, 0, -1))]
# The full network differs from the small one, and from IS-Net, in widths alone.
SIZES = pytest.mark.parametrize(
    ("name", "width"), [pytest.param("u2net", "full", marks=pytest.mark.slow), ("u2netp", "small")]
)


@SIZES
def test_what_each_stage_sees(checkpoint, name, width):
    held = vectors(name)
    network = network_from(load_file(checkpoint(name, 3)), "seeded", width)
    for case in ("even", "odd"):
        pictures = tensor(held[f"{case}__frames"])
        pictures /= pictures.amax((1, 2, 3), keepdim=True)
        with torch.inference_mode(), tapped(network, STAGES) as found:
            outs = network.every(pictures)
            assert torch.equal(outs[0], network(pictures))
        for number, made in enumerate(outs):
            assert apart(held, f"{case}__d{number}", made.sigmoid()) <= NEAR
        if case == "even":
            for stage in STAGES:
                assert apart(held, f"even__{stage}", found[stage][:1]) <= NEAR, stage


def test_a_file_comes_out_as_from_the_authors_script(small, tmp_path):
    held = vectors("u2netp")
    path = tmp_path / "seeded.pth"
    torch.save(load_file(small), path)
    model = build(U2NetSettings(name="u2net.small", weights=path, procedure=Procedure.published), Runtime("cpu"))
    assert isinstance(model, ImageModel)
    stages = [key.removeprefix("file__") for key in held if key.startswith("file__stage")]
    with tapped(model.recipe.network, [*stages, "outconv"]) as found:
        made = alphas(model, framed(held["file__src"]))[0]
    assert apart(held, "file__d0_ref", found["outconv"].sigmoid()) <= NEAR_FILE
    assert all(apart(held, f"file__{stage}", found[stage]) <= NEAR_FILE for stage in stages)
    assert np.abs((made * 255).astype(int) - held["file__png_ref"]).max() <= 1
