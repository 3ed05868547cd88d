"""MatAnyone's checkpoints: which keys there are, which may lack, and which variants fit."""

import re

import pytest
import torch
from safetensors.torch import save_file

from tests.parity.seeded import manifest, seeded_state
from vmatte.core.errors import WeightsError
from vmatte.models.matanyone import SIGNATURE
from vmatte.models.matanyone.network.model import MatAnyone
from vmatte.models.matanyone.network.weights import load_network, network_from


@pytest.fixture(scope="module")
def state():
    return seeded_state("matanyone")


def test_the_keys_and_shapes_are_the_published_ones(network):
    held = manifest("matanyone")
    wanted = {key: tuple(shape) for key, shape in (held["seeded"] | held["derived"]).items()}
    assert {key: tuple(value.shape) for key, value in network.state_dict().items()} == wanted
    assert len(wanted) == 562


def test_every_weight_arrives(network, state):
    own = network.state_dict()
    assert all(torch.equal(own[key], value) for key, value in state.items())


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pth"])
def test_a_file_loads_and_half_precision_too(tmp_path, state, name):
    path = tmp_path / name
    half = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    save_file(half, path) if name.endswith("s") else torch.save({"weights": half}, path)
    own = load_network(path, [SIGNATURE]).state_dict()
    assert torch.equal(own["pix_feat_proj.weight"], half["pix_feat_proj.weight"].float())


def test_training_heads_and_counters_may_lack(state):
    lean = {
        key: value
        for key, value in state.items()
        if not key.startswith(("aux_computer", "mask_decoder.pred_seg")) and not key.endswith("num_batches_tracked")
    }
    network_from(lean, "lean")


def test_variants_for_several_objects_lose_their_last_channel(state):
    wide = dict(state)
    for key in ("mask_encoder.conv1.weight", "pixel_fuser.sensory_compress.weight"):
        wide[key] = torch.cat([state[key], torch.full_like(state[key][:, :1], 9.0)], 1)
    own = network_from(wide, "wide").state_dict()
    assert all(torch.equal(own[key], state[key]) for key in state)


def test_another_networks_checkpoint_names_the_nearest_and_the_keys(state):
    cutie = {key: value for key, value in state.items() if "temp_sparity" not in key and "pred_mat" not in key}
    with pytest.raises(WeightsError, match=re.escape("this model is the nearest known one (matanyone)")) as caught:
        network_from(cutie, "cutie.pth", [SIGNATURE])
    assert "13 keys missing (mask_decoder.pred_mat.weight, mask_decoder.pred_mat.bias" in str(caught.value)
    with pytest.raises(WeightsError, match="near to none"):
        network_from({"a": torch.zeros(1)}, "odd.pth", [SIGNATURE])


def test_every_characteristic_key_exists():
    assert SIGNATURE.share(MatAnyone().state_dict()) == 1
