"""RVM's checkpoints: which keys there are, which may lack, and which are refused."""

import re

import pytest
import torch

from tests.parity.seeded import manifest, seeded_state
from vmatte.core.errors import WeightsError
from vmatte.models.registry import signatures
from vmatte.models.rvm import CARDS, MOBILENETV3, RESNET50
from vmatte.models.rvm.network.model import RVM
from vmatte.models.rvm.network.weights import load_network, network_from
from vmatte.models.rvm.variants import Backbone, Refiner

DEEP, FAST = Refiner.deep_guided_filter, Refiner.fast_guided_filter


@pytest.mark.parametrize(("backbone", "entries"), [(Backbone.mobilenetv3, 365), (Backbone.resnet50, 375)])
def test_the_keys_and_shapes_are_the_published_ones(backbone, entries):
    with torch.device("meta"):
        deep, fast = RVM(backbone, DEEP), RVM(backbone, FAST)
    wanted = manifest(f"rvm_{backbone.value}")["seeded"]
    assert {key: list(value.shape) for key, value in deep.state_dict().items()} == wanted
    assert set(fast.state_dict()) == {key for key in wanted if not key.startswith("refiner.")}
    assert len(fast.state_dict()) == entries
    signature = MOBILENETV3 if backbone is Backbone.mobilenetv3 else RESNET50
    assert signature.share(fast.state_dict()) == 1


def test_wrapped_half_and_lean_files_load(state, tmp_path):
    lean = {key: value for key, value in state.items() if "project_seg" not in key and "num_batches" not in key}
    torch.save({"module." + key: value.half() for key, value in lean.items()}, tmp_path / "wrapped.pth")
    own = load_network(tmp_path / "wrapped.pth", Backbone.mobilenetv3, DEEP).state_dict()
    key = "refiner.box_filter.weight"
    assert torch.equal(own[key], state[key].half().float())


def test_the_fast_filter_takes_either_kind_and_the_deep_one_its_own(state):
    plain = {key: value for key, value in state.items() if not key.startswith("refiner.")}
    for held in (state, plain):
        network_from(held, "seeded", Backbone.mobilenetv3, FAST)
    with pytest.raises(WeightsError, match=re.escape("say --set model.refiner=fast_guided_filter")):
        network_from(plain, "web.pth", Backbone.mobilenetv3, DEEP)


def test_the_other_size_is_named(state):
    with pytest.raises(WeightsError, match=r"another trunk than resnet50; the nearest known model is rvm\.mobilenetv3"):
        network_from(state, "small.pth", Backbone.resnet50, DEEP, signatures())
    large = seeded_state("rvm_resnet50")
    with pytest.raises(WeightsError, match=r"another trunk than mobilenetv3; the nearest known model is rvm\.resnet50"):
        network_from(large, "large.pth", Backbone.mobilenetv3, DEEP, signatures())


def test_keys_that_differ_are_named(state):
    odd = {key: value for key, value in state.items() if key != "aspp.aspp2.1.weight"} | {"extra": torch.zeros(1)}
    with pytest.raises(WeightsError, match=r"aspp\.aspp2.*extra.*nearest known.*rvm\.mobilenetv3"):
        network_from(odd, "odd.pth", Backbone.mobilenetv3, DEEP, signatures())
    with pytest.raises(WeightsError, match="near to none"):
        network_from({"a": torch.zeros(1)}, "odd.pth", Backbone.mobilenetv3, DEEP, signatures())


def test_the_cards_state_licence_and_colours():
    for card in CARDS:
        assert card.weights is not None
        assert card.weights.licence == "GPL-3.0"
        assert card.weights.file == card.name.replace(".", "_") + ".pth"
        assert "colour" in card.gives
        assert card.steady
        assert not card.needs
