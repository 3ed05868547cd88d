"""A checkpoint alone: its model is told by keys and shapes, then by hash and name; what is of no model is said."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch

from tests.parity.seeded import manifest
from vmatte.core.errors import WeightsError
from vmatte.models.recognise import fitting, recognised
from vmatte.models.registry import cards
from vmatte.nets.checkpoint import entries
from vmatte.weights.digest import sha256_of

MANIFESTS = {
    "bgmv2_mobilenetv2": "bgmv2.mobilenetv2",
    "bgmv2_resnet50": "bgmv2.resnet50",
    "birefnet": "birefnet",
    "birefnet_lite": "birefnet.lite",
    "gfm_d121": "gfm.d121",
    "gfm_d121_rim": "gfm.d121-rim",
    "gfm_r101": "gfm.r101",
    "gfm_r34": "gfm.r34",
    "gfm_r34_2b": "gfm.r34-2b",
    "inspyrenet": "inspyrenet",
    "isnet": "isnet",
    "matanyone": "matanyone",
    "modnet": "modnet",
    "rvm_mobilenetv3": "rvm.mobilenetv3",
    "rvm_resnet50": "rvm.resnet50",
    "u2net": "u2net",
    "u2netp": "u2net.small",
    "vitmatte_b": "vitmatte.b",
    "vitmatte_s": "vitmatte.s",
}


def shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Of every entry of a published checkpoint."""
    return {key: tuple(shape) for key, shape in manifest(name)["seeded"].items()}


def written(path: Path, signature: str, prefix: str = "", more: Mapping[str, tuple[int, ...]] | None = None) -> Path:
    """A file with the characteristic keys of models, in the shapes their signatures ask for."""
    known = [card.signature for card in cards().values() if card.signature and card.signature.model == signature]
    own: dict[str, tuple[int, ...]] = {key: (1,) for each in known for key in each.keys}
    for each in known:
        own |= dict(each.shapes)
    tensors = {f"{prefix}{key}": torch.zeros(shape) for key, shape in (own | dict(more or {})).items()}
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".safetensors":
        safetensors.torch.save_file(tensors, path)
    else:
        torch.save({"state_dict": tensors, "epoch": 3}, path)
    return path


@pytest.mark.parametrize(("name", "model"), MANIFESTS.items())
def test_every_published_state_dict_is_recognised(name, model):
    assert fitting(shapes(name), list(cards().values()))[0].name == model


def test_every_card_with_weights_in_a_state_dict_has_a_signature():
    for card in cards().values():
        if card.weights is not None and not card.weights.file.endswith(".onnx"):
            assert card.signature is not None, card.name


@pytest.mark.parametrize("file", ["any.safetensors", "any.pth"])
def test_wrapped_and_prefixed_files_are_recognised(tmp_path, file):
    path = written(tmp_path / file, "rvm.resnet50", prefix="module.")
    found = recognised(path)
    assert (found.card.name, found.why) == ("rvm.resnet50", "by its keys")
    assert entries(path)["backbone.conv1.weight"] == (1,)


@pytest.mark.parametrize(
    ("file", "signature", "model", "why"),
    [
        ("BiRefNet_HR-matting-epoch_135.pth", "birefnet", "birefnet.hr-matting", "its name"),
        ("birefnet_finetuned_toonout.pth", "birefnet", "toonout", "its name"),
        ("ckpt_fast.pth", "inspyrenet", "inspyrenet.fast", "its name"),
        ("u2net_human_seg.pth", "u2net", "u2net.human-seg", "its name"),
        ("gfm_r34_bt.pth", "gfm.r34-ft", "gfm.r34-bt", "its name"),
        ("matanyone2.pth", "matanyone", "matanyone2", "its name"),
        ("mine.pth", "modnet", "modnet", "say --model NAME"),
        ("isnetis.ckpt", "isnet.anime", "isnet.anime", "its keys"),
    ],
)
def test_checkpoints_of_one_network_are_told_apart_by_name_or_it_is_said(tmp_path, file, signature, model, why):
    found = recognised(written(tmp_path / file, signature))
    assert found.card.name == model
    assert why in found.why


def test_a_published_hash_says_more_than_a_name(tmp_path, monkeypatch):
    path = written(tmp_path / "birefnet.pth", "birefnet")
    known = dict(cards())
    weights = known["birefnet.portrait"].weights
    assert weights is not None
    known["birefnet.portrait"] = replace(
        known["birefnet.portrait"], weights=replace(weights, sha256=sha256_of(path).upper())
    )
    monkeypatch.setattr("vmatte.models.recognise.cards", lambda: known)
    assert recognised(path).card.name == "birefnet.portrait"


def test_what_is_of_no_model_names_the_nearest(tmp_path):
    half = written(tmp_path / "half.pth", "modnet")
    state = torch.load(half)["state_dict"]
    del state["f_branch.conv_lr4x.layers.0.weight"]
    torch.save(state, half)
    with pytest.raises(WeightsError, match=r"nearest is modnet, but f_branch\.conv_lr4x\.layers\.0\.weight is missing"):
        recognised(half)
    torch.save({"a": torch.zeros(1)}, half)
    with pytest.raises(WeightsError, match="no known model"):
        recognised(half)


def test_a_wider_network_of_the_same_keys_is_not_taken_for_it(tmp_path):
    key = "stage1.rebnconv1.conv_s1.weight"
    with pytest.raises(WeightsError, match="nearest is u2net, but a shape differs"):
        recognised(written(tmp_path / "odd.pth", "u2net", more={key: (24, 64, 3, 3)}))
