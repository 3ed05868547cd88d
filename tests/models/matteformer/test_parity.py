"""MatteFormer against the published network and program, with seeded weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from tests.models.image.frames import one_thread  # noqa: F401
from tests.models.matteformer.spectral import whole_state
from tests.models.trimapped.pictures import disc, refined
from tests.parity.seeded import manifest, vectors
from vmatte.core.errors import WeightsError
from vmatte.models.matteformer.fusion import _nearest, joined
from vmatte.models.matteformer.matter import build
from vmatte.models.matteformer.network.weights import network_from
from vmatte.models.matteformer.settings import MatteFormerSettings
from vmatte.models.registry import Runtime


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return whole_state()


@pytest.fixture(scope="module")
def weights(state, tmp_path_factory) -> Path:
    """As published: all keys with the prefix of data-parallel training, beside other things."""
    path: Path = tmp_path_factory.mktemp("weights") / "best_model.pth"
    shapes = {key: shape for key, shape in manifest("matteformer")["derived"].items() if key.endswith("_index")}
    indices = {key: torch.zeros(shape, dtype=torch.int64) for key, shape in shapes.items()}
    torch.save({"state_dict": {f"module.{key}": value for key, value in (state | indices).items()}}, path)
    return path


@pytest.mark.parametrize("case", ["a", "odd"])
def test_pictures_come_out_as_published(weights, case):
    held = vectors("matteformer")
    model = build(MatteFormerSettings(weights=weights), Runtime("cpu"))
    network = model.recipe.network
    found: dict[Any, Any] = {}
    for place in range(6):
        part = network.get_submodule(f"encoder.shortcut.{place}")
        part.register_forward_hook(lambda _, __, made, place=place: found.__setitem__(place, made))
    for stage in range(4):
        part = network.get_submodule(f"encoder.layers.{stage}.blocks.{5 if stage == 2 else 1}")
        part.register_forward_hook(lambda _, __, made, stage=stage: found.__setitem__(f"layer{stage}", made[0]))
    for key in ("0_0", "0_1", "2_0", "2_1"):
        part = network.get_submodule(f"encoder.layers.{key[0]}.blocks.{key[2]}")
        part.register_forward_hook(lambda _, __, made, key=key: found.__setitem__(key, made[1]))
    network.register_forward_hook(lambda _, __, made: found.__setitem__("scales", made))
    layer = refined(model, held[f"{case}_image"], held[f"{case}_trimap"])
    scales = [scale[0, 0].numpy() for scale in found["scales"]]
    for key, made in zip(("os1", "os4", "os8", "fused"), (*scales, joined(*scales)), strict=True):
        assert np.abs(made[::2, ::2] - held[f"{case}__{key}"]).max() <= 1e-5, key
    np.testing.assert_array_equal((layer.alpha * 255).astype(np.uint8), held[f"{case}__alpha_u8"])
    if case == "odd":
        return
    for place in range(6):
        step = max(1, 16 >> place)
        assert np.abs(found[place][0, ::16, ::step, ::step].numpy() - held[f"a__enc{place}"]).max() <= 1e-4, place
    for stage in range(4):
        tokens = found[f"layer{stage}"][0].flatten(0, 1)[:: max(1, 16 >> 2 * stage), ::8].numpy()
        assert np.abs(tokens - held[f"a__layer{stage}"]).max() <= 1e-4, stage
    for key in ("0_0", "0_1", "2_0", "2_1"):
        priors = found[key][0].unflatten(0, (-1, 3)).numpy()
        assert np.abs(priors - held[f"a__prior{key}"]).max() <= 1e-4, key


def test_the_three_scales_are_joined_as_published():
    held = vectors("matteformer")
    made = joined(held["fuse_os1"], held["fuse_os4"], held["fuse_os8"])
    np.testing.assert_array_equal(made, held["fuse__out"])


@given(length=st.integers(1, 4000))
def test_places_are_torchs(length):
    for one, other in ((length, 640), (640, length)):
        there = F.interpolate(torch.arange(one).float()[None, None], other, mode="nearest")[0, 0].numpy()
        np.testing.assert_array_equal(_nearest(one, other), there)


def test_a_frame_smaller_than_its_padding_and_one_unknown_everywhere(weights):
    model = build(MatteFormerSettings(weights=weights), Runtime("cpu"))
    picture, trimap = disc((17, 21))
    for each in (trimap, np.full_like(trimap, 128)):
        alpha = refined(model, picture, each).alpha
        assert np.isfinite(alpha).all()
        np.testing.assert_array_equal(alpha[each != 128], each[each != 128] / 255)


def test_a_kernel_without_its_vectors_is_missed(state):
    short = {key: value for key, value in state.items() if key != "decoder.conv1.module.weight_u"}
    with pytest.raises(WeightsError, match=r"decoder\.conv1"):
        network_from(short, "short")
