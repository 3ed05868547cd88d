"""BiRefNet's checkpoints: which keys there are, which may lack, and which are refused."""

import re

import pytest
import torch

from tests.parity.seeded import manifest
from vmatte.core.errors import WeightsError
from vmatte.models.birefnet import CARDS, LARGE, TINY
from vmatte.models.birefnet.network.model import BiRefNet
from vmatte.models.birefnet.network.weights import load_network, network_from
from vmatte.models.birefnet.variants import VARIANTS, PatchOrder
from vmatte.models.registry import signatures

NEW = PatchOrder.c_hg_wg


@pytest.mark.parametrize(("name", "backbone"), [("birefnet", "large"), ("birefnet_lite", "tiny")])
def test_the_keys_and_shapes_are_the_published_ones(name, backbone):
    with torch.device("meta"):
        own = BiRefNet(backbone)
    held = manifest(name)
    assert {key: list(value.shape) for key, value in own.state_dict().items()} == held["seeded"]
    assert all(key.endswith("relative_position_index") for key in held["derived"])
    # The two sizes are told from each other by these keys, so each must have its own.
    assert (TINY if backbone == "tiny" else LARGE).share(own.state_dict()) == 1


def test_what_published_files_hold_besides_is_dropped(state):
    index = {key: torch.zeros(shape, dtype=torch.int64) for key, shape in manifest("birefnet_lite")["derived"].items()}
    own = network_from(state | index, "full", "tiny", NEW)
    assert own.get_buffer("bb.layers.0.blocks.0.attn.relative_position_index").max() == 168


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_wrapped_half_and_lean_files_load(state, tmp_path, prefix):
    training = ("decoder.conv_ms_spvn", "decoder.gdt_convs_pred")
    lean = {key: value for key, value in state.items() if not key.startswith(training) and "num_batches" not in key}
    torch.save({prefix + key: value.half() for key, value in lean.items()}, tmp_path / "wrapped.pth")
    own = load_network(tmp_path / "wrapped.pth", "tiny", NEW).state_dict()
    key = "decoder.conv_out1.0.weight"
    assert torch.equal(own[key], state[key].half().float())


def test_the_other_size_is_named(state):
    with pytest.raises(
        WeightsError, match=re.escape("tiny trunk, not the large one; the nearest known model is birefnet.lite")
    ):
        network_from(state, "lite.pth", "large", NEW, signatures())
    wide = dict.fromkeys(LARGE.keys, torch.zeros(1)) | {"bb.patch_embed.proj.weight": torch.zeros(192, 3, 4, 4)}
    with pytest.raises(WeightsError, match=r"nearest known model is birefnet$"):
        network_from(wide, "large.pth", "tiny", NEW, signatures())


def test_keys_that_differ_are_named(state):
    odd = {key: value for key, value in state.items() if key != "bb.norm2.bias"} | {"extra": torch.zeros(1)}
    with pytest.raises(
        WeightsError, match=r"bb\.norm2\.bias.*extra.*this model is the nearest known one \(birefnet\.lite\)"
    ):
        network_from(odd, "odd.pth", "tiny", NEW, signatures())
    with pytest.raises(WeightsError, match="near to none"):
        network_from({"a": torch.zeros(1)}, "odd.pth", "tiny", NEW, signatures())


def test_every_card_has_a_variant_and_free_weights():
    names = {card.name for card in CARDS}
    assert names == set(VARIANTS)
    assert {card.made().name for card in CARDS} == names
    assert all(card.weights is not None and card.weights.free and not card.needs for card in CARDS)
    assert len({card.weights.file for card in CARDS if card.weights}) == len(CARDS)
    assert all(variant.order is not PatchOrder.auto for variant in VARIANTS.values())
