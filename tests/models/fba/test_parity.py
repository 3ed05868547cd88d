"""FBA Matting against the published network and program, with seeded weights."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.models.image.frames import one_thread  # noqa: F401
from tests.models.trimapped.pictures import disc, refined
from tests.parity.seeded import seeded_state, vectors
from vmatte.core.errors import WeightsError
from vmatte.core.types import Frame, Layer
from vmatte.models.fba import FBASettings
from vmatte.models.fba.encoding import classes, closeness
from vmatte.models.fba.matter import build
from vmatte.models.fba.network.model import FBA, fused, standardised
from vmatte.models.fba.network.weights import load_network
from vmatte.models.image.settings import Procedure
from vmatte.models.registry import Runtime, signatures
from vmatte.nets.loading import load_strict

FEATURES = {
    "stem": (8, 4), "layer1": (8, 2), "layer2": (8, 2), "layer3": (8, 2), "layer4": (32, 2),
    "up1": (8, 4), "up2": (8, 4), "up3": (8, 4),
}  # fmt: skip
PLACES = {"stem": "encoder.bn1", **{f"up{n}": f"decoder.conv_up{n}" for n in (1, 2, 3)}}


@pytest.fixture(scope="module")
def weights(checkpoint) -> Path:
    path: Path = checkpoint("fba", 3)
    return path


def doubled(part: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(part.transpose(2, 0, 1)[None])).double()


@pytest.mark.slow
def test_each_part_in_double_precision():
    """As the vectors were computed: seeded weights magnify rounding."""
    held = vectors("fba")
    network = standardised(load_strict(FBA(), seeded_state("fba", 3), source="seeded").double())
    rgb, two = held["image"].astype(np.float32) / np.float32(255), classes(held["trimap"])
    close = closeness(two)
    assert np.abs(close.transpose(2, 0, 1) - held["even__enc"]).max() <= 1e-6
    found: dict[str, torch.Tensor] = {}
    for key in FEATURES:
        place = network.get_submodule(PLACES.get(key, f"encoder.{key}"))
        place.register_forward_hook(lambda _, __, made, key=key: found.__setitem__(key, made))
    with torch.inference_mode():
        raw = network(doubled(rgb), doubled(close), doubled(two))
        alpha, _, _ = fused(raw, doubled(rgb))
    assert np.abs(raw[0].numpy() - held["even__raw"]).max() <= 1e-4
    assert np.abs(alpha[0, 0].numpy() - held["even__net_alpha"]).max() <= 1e-4
    for key, (channels, step) in FEATURES.items():
        made = found[key].relu() if key == "stem" else found[key]
        assert np.abs(made[0, ::channels, ::step, ::step].numpy() - held[f"even__{key}"]).max() <= 1e-4, key


@pytest.mark.parametrize("case", ["even", "odd", "nofg"])
def test_pictures_come_out_as_published(weights, case):
    held = vectors("fba")
    name = "odd" if case == "odd" else "even"
    picture, trimap = (held[f"odd_{part}" if name == "odd" else part] for part in ("image", "trimap"))
    if case == "nofg":
        trimap = np.where(trimap == 255, 128, trimap).astype(np.uint8)
    # The same for sides that fit.
    procedure = Procedure.published if case == "odd" else Procedure.video
    layer = refined(build(FBASettings(weights=weights, procedure=procedure), Runtime("cpu")), picture, trimap)
    apart = np.abs(layer.alpha - held[f"{case}__alpha"])
    assert apart.max() <= 1e-3
    assert apart[trimap == 128].mean() <= 1e-4
    if case != "nofg":
        assert layer.colour is not None
        assert layer.background is not None
        assert np.abs(layer.colour - held[f"{case}__fg"]).max() <= 1e-3
        assert np.abs(layer.background - held[f"{case}__bg"]).max() <= 1e-3


def test_the_published_way_to_odd_sizes_is_theirs():
    held = vectors("fba")
    from vmatte.models.fba.matter import _resampled

    two = _resampled(classes(held["odd_trimap"]), (104, 136))
    assert np.abs(two[::2, ::2] - held["odd__two"]).max() <= 1e-6
    assert np.abs(closeness(two).transpose(2, 0, 1)[:, ::2, ::2] - held["odd__enc"]).max() <= 1e-6


def test_odd_sizes_are_padded_and_what_is_known_stays(weights):
    picture, trimap = disc((45, 61))
    model = build(FBASettings(weights=weights), Runtime("cpu"))
    layer = refined(model, picture, trimap)
    grown = [np.pad(part, ((0, 3), (0, 3), *[(0, 0)] * (part.ndim - 2)), mode="edge") for part in (picture, trimap)]
    larger = refined(model, grown[0], grown[1])
    np.testing.assert_allclose(layer.alpha, larger.alpha[:45, :61], atol=1e-3)
    np.testing.assert_array_equal(layer.alpha[trimap != 128], trimap[trimap != 128] / 255)
    assert layer.colour is not None
    np.testing.assert_array_equal(layer.colour[trimap == 255], (picture[trimap == 255] / np.float32(255)))
    # Deeper clips keep their depth; HDR ones are shown as SDR, which has other colours.
    deep = Frame(0, 0, picture.astype(np.uint16) * 257, picture)
    from tests.models.trimapped.pictures import CLIP

    seen = model.refine(CLIP, deep, trimap, None)
    np.testing.assert_allclose(seen.alpha, layer.alpha, atol=1e-3)


def test_a_smaller_working_size_keeps_name_and_knowns(weights):
    picture, trimap = disc((160, 200))
    model = build(FBASettings(weights=weights, max_size=80), Runtime("cpu"))
    given = Layer("anna", (trimap / np.float32(255)).astype(np.float32))
    layer = refined(model, picture, trimap, given)
    assert (layer.name, layer.colour, model.facts()["short_side"]) == ("anna", None, 80)
    np.testing.assert_array_equal(layer.alpha[trimap != 128], trimap[trimap != 128] / 255)
    assert 0 < layer.alpha[trimap == 128].mean() < 1


def test_another_models_file_is_refused_by_name(checkpoint):
    with pytest.raises(WeightsError, match="the nearest known model is matteformer"):
        load_network(checkpoint("matteformer"), signatures())
