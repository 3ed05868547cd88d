"""ViTMatte against its authors' network and program, with seeded weights under their names and the library's."""

from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.models.image.frames import one_thread  # noqa: F401
from tests.models.trimapped.pictures import disc, refined
from tests.parity.seeded import seeded_state, vectors
from vmatte.core.errors import ConfigError, WeightsError
from vmatte.models.image.settings import Procedure
from vmatte.models.registry import Runtime
from vmatte.models.vitmatte.matter import build
from vmatte.models.vitmatte.network.attention import GlobalAttention
from vmatte.models.vitmatte.network.weights import load_network, renamed
from vmatte.models.vitmatte.settings import Attention, ViTMatteBSettings, ViTMatteSettings

SETTINGS = {"s": ViTMatteSettings, "b": ViTMatteBSettings}


@pytest.fixture(autouse=True)
def library():
    pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def weights(checkpoint):
    return checkpoint("vitmatte_s")


@pytest.mark.parametrize(("mode", "case"), [("chunked", "a"), ("folded", "odd"), ("folded", "mixed")])
def test_pictures_come_out_as_published(weights, mode, case):
    compared("s", weights, Attention(mode), (case,))


@pytest.mark.slow
def test_the_large_one(checkpoint):
    compared("b", checkpoint("vitmatte_b"), Attention.auto, ("a", "odd", "mixed"))


def compared(size, path, mode, cases):
    held = vectors(f"vitmatte_{size}")
    settings = SETTINGS[size](weights=path, procedure=Procedure.published, attention=mode)
    model = build(settings, Runtime("cpu"))
    network = model.recipe.network
    found: dict[Any, Any] = {}
    for part in network.modules():
        if isinstance(part, GlobalAttention):
            part.chunk = 100
    taps = {
        "logit": "decoder.matting_head", "embed": "backbone.embeddings", "block0": "backbone.encoder.layer.0",
        "block2": "backbone.encoder.layer.2", "feat": "backbone.encoder",
        **{f"fuse{place}": f"decoder.fusion_blocks.{place}" for place in range(4)},
    }  # fmt: skip
    for key, name in taps.items():
        network.get_submodule(name).register_forward_hook(lambda _, __, made, key=key: found.__setitem__(key, made))
    for case in cases:
        layer = refined(model, held[f"{case}_image"], held[f"{case}_trimap"])
        assert np.abs(layer.alpha - held[f"{case}__alpha"]).max() <= 1e-5, case
        assert np.abs(found["logit"][0, 0, ::2, ::2].numpy() - held[f"{case}__logit"]).max() <= 4e-5, case
        if case != "a":
            continue
        for key, near in (("embed", 1e-5), ("block0", 1e-3), ("block2", 1e-3)):
            made = found[key][0] if key == "block0" or key == "block2" else found[key]
            assert np.abs(made[0].permute(1, 2, 0)[..., ::8].numpy() - held[f"a__{key}"]).max() <= near, key
        assert np.abs(found["feat"].last_hidden_state[0, ::4].numpy() - held["a__feat"]).max() <= 1e-3
        for place in range(4):
            step = 2**place
            made = found[f"fuse{place}"][0, ::8, ::step, ::step].numpy()
            assert np.abs(made - held[f"a__fuse{place}"]).max() <= 1e-3, place


def test_for_video_less_is_padded_and_what_is_known_stays(weights):
    held = vectors("vitmatte_s")
    model = build(ViTMatteSettings(weights=weights), Runtime("cpu"))
    picture, trimap = held["odd_image"], held["odd_trimap"]
    alpha = refined(model, picture, trimap).alpha
    unknown = trimap == 128
    assert np.abs(alpha - held["odd__alpha"])[unknown].max() <= 1e-5
    np.testing.assert_array_equal(alpha[~unknown], trimap[~unknown] / 255)
    seen = []
    model.recipe.network.register_forward_pre_hook(
        lambda _, __, given: seen.append(given["pixel_values"].shape), with_kwargs=True
    )
    refined(model, held["mixed_image"], held["mixed_trimap"])
    assert seen == [(1, 4, 128, 160)]


def test_files_of_the_library_and_nested_ones_are_taken(weights, tmp_path):
    state = seeded_state("vitmatte_s")
    save_file({renamed(key): value for key, value in state.items()}, tmp_path / "model.safetensors")
    torch.save({"model": state}, tmp_path / "model.pth")
    own = load_network(weights, "s", Attention.auto).state_dict()
    for name in ("model.safetensors", "model.pth"):
        other = load_network(tmp_path / name, "s", Attention.auto).state_dict()
        assert all(torch.equal(other[key], value) for key, value in own.items())
    with pytest.raises(WeightsError, match=r"take --model vitmatte\.s"):
        load_network(tmp_path / "model.pth", "b", Attention.auto)


def test_a_missing_library_is_said(weights, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(ConfigError, match=r"vmatte\[vitmatte\]"):
        build(ViTMatteSettings(weights=weights), Runtime("cpu"))


def test_nothing_unknown_costs_nothing(weights):
    model = build(ViTMatteSettings(weights=weights), Runtime("cpu"))
    picture, trimap = disc()
    flat = np.where(trimap == 255, 255, 0).astype(np.uint8)
    model.recipe.network.register_forward_pre_hook(lambda *_: pytest.fail("the network was asked"))
    np.testing.assert_array_equal(refined(model, picture, flat).alpha, flat / 255)
