"""InSPyReNet against the published network, entry by entry, with seeded weights; and the blending of two passes."""

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.models.image.frames import alphas, framed, tensor
from tests.parity.seeded import vectors
from tests.parity.taps import tapped
from vmatte.models.image.matter import ImageModel
from vmatte.models.image.settings import Procedure
from vmatte.models.image.sizing import Sizing
from vmatte.models.image.stretch import stretched
from vmatte.models.inspyrenet.matter import build
from vmatte.models.inspyrenet.network.attention import ContextAttention
from vmatte.models.inspyrenet.network.model import InSPyReNet, added
from vmatte.models.inspyrenet.network.pyramid import blended, edges, expanded
from vmatte.models.inspyrenet.network.weights import network_from
from vmatte.models.inspyrenet.settings import InSPyReNetSettings
from vmatte.models.registry import Runtime

NEAR_LOGITS, NEAR_ALPHA, NEAR = 5e-5, 1e-5, 2e-4
# Of the deviation, for the sums over all places.
NEAR_SUMS = 5e-5
TAPS = {
    **{f"context{number}": f"context{number}" for number in range(1, 6)},
    **{
        f"context3_branch1{after}": f"context3.branch1{after.replace('_', '.')}"
        for after in ("", "_conv2", "_Hattn", "_Wattn")
    },
    **{f"stage0_block{number}": f"backbone.layers.0.blocks.{number}" for number in (0, 1)},
    "patch_embed": "backbone.patch_embed",
    "decoder": "decoder",
    **{f"attention{number}": f"attention{number}" for number in range(3)},
    **{f"attention{number}_query": f"attention{number}.conv_query.1" for number in range(3)},
    **{f"attention{number}_key": f"attention{number}.conv_key.1" for number in range(3)},
    **{f"attention{number}_value": f"attention{number}.conv_value.1" for number in range(3)},
    **{f"attention{number}_out1": f"attention{number}.conv_out1" for number in range(3)},
}
RECTIFIED = ("query", "key", "value", "out1")


def entries(network: InSPyReNet, picture: torch.Tensor, monkeypatch: Any) -> dict[str, torch.Tensor]:
    """Everything that the vector files hold of a run, by their names."""
    sums: list[torch.Tensor] = []
    plain_sums, plain_trunk = ContextAttention.contexts, network.trunk
    trunks: list[list[torch.Tensor]] = []
    monkeypatch.setattr(ContextAttention, "contexts", lambda *given: _kept(sums, plain_sums(*given)))
    monkeypatch.setattr(network, "trunk", lambda image: _kept(trunks, plain_trunk(image)))
    with torch.inference_mode(), tapped(network, TAPS.values()) as made:
        pyramid = network.pyramid(picture)
        found: dict[str, Any] = {key: made[name] for key, name in TAPS.items()}
        for key in found:
            if key.endswith(RECTIFIED):
                found[key] = found[key].relu()
        found["decoder_feature"], found["d3"] = found.pop("decoder")
        for number, made_by in enumerate(("attention2", "attention1", "attention0")):
            found[f"{made_by}_feature"], found[f"p{2 - number}"] = found.pop(made_by)
            found[f"{made_by}_context"] = sums[number]
        found["d2"] = added(found["d3"], found["p2"])
        found["d1"] = added(found["d2"], found["p1"])
    found |= {f"bb_{number}": one for number, one in enumerate(trunks[0])}
    found |= {f"stage0_block{number}": found[f"stage0_block{number}"].flatten(1, 2) for number in (0, 1)}
    found["patch_embed"] = found["patch_embed"].permute(0, 3, 1, 2)
    return found | {"logits": pyramid.logits, "alpha": stretched(pyramid.logits.sigmoid())}


def _kept(kept: list[Any], made: Any) -> Any:
    kept.append(made)
    return made


@pytest.mark.parametrize(
    ("name", "base"),
    [("inspyrenet_dynamic", 1024), pytest.param("inspyrenet_fast", 384, marks=pytest.mark.slow)],
)
def test_what_each_part_sees(name, base, state, large, monkeypatch):
    held = vectors(name)
    network = network_from(state if base == 384 else large, "seeded", base)
    found = entries(network, tensor(held["frame"][None]) / 255, monkeypatch)
    wanted = set(held) - {"meta", "frame"}
    assert set(found) == wanted
    for entry in wanted:
        about = held["meta"]["entries"][entry]
        made = found[entry].numpy()
        assert list(made.shape) == about["shape"], entry
        near = {"logits": NEAR_LOGITS, "alpha": NEAR_ALPHA}.get(entry, NEAR)
        near = NEAR_SUMS * about["std"] if entry.endswith("_context") else near
        made = made[tuple(slice(None, None, step) for step in about["stride"])]
        assert np.abs(made - held[entry]).max() <= near, entry


def test_two_pyramids_are_blended_as_published():
    held = {key: torch.from_numpy(value) for key, value in vectors("inspyrenet_blend").items() if key != "meta"}
    assert (expanded(held["p2"]) - held["expand"]).abs().max() <= 1e-6
    for side, before, after in ((5, "d3", "t2"), (9, "d2", "t1"), (17, "d1", "t0")):
        spread = F.interpolate(edges(held[before].sigmoid(), side), held[after].shape[2:], mode="bilinear")
        assert torch.equal(spread, held[after])
    found = blended(held["lr_logits"], [held["p2"], held["p1"], held["p0"]])
    assert (found - held["d0"]).abs().max() <= NEAR_LOGITS
    assert (stretched(found.sigmoid()) - held["alpha"]).abs().max() <= NEAR_ALPHA


@pytest.mark.slow
def test_a_file_comes_out_as_from_the_authors_package(state, tmp_path):
    held, weights = vectors("inspyrenet_endtoend"), tmp_path / "seeded.pth"
    torch.save(state, weights)
    model = build(
        InSPyReNetSettings(name="inspyrenet.fast", weights=weights, procedure=Procedure.published), Runtime("cpu")
    )
    assert isinstance(model, ImageModel)
    made = np.abs(alphas(model, framed(held["frame"]))[0, ::2, ::2] - held["alpha"][0, 0])
    assert made.max() <= 1e-2
    assert made.mean() <= 1e-3
    # From the package's own picture of the network's size, the rest is exact.
    with torch.inference_mode():
        alpha = model.recipe.logits(tensor(held["net_input"][None])).sigmoid()
        found = model.recipe.restored(alpha, Sizing((432, 600), (384, 384)))
    assert np.abs(found[0, ::2, ::2].numpy() - held["alpha"][0, 0]).max() <= NEAR_ALPHA
