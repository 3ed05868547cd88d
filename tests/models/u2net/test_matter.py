"""U2-Net as a model: its settings, its weights, and manners for video."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.models.image.frames import CLIP, alphas, discs, framed
from tests.parity.seeded import vectors
from vmatte.core.errors import WeightsError
from vmatte.core.types import Hints
from vmatte.models.image.matter import ImageModel
from vmatte.models.image.settings import Procedure, Stretch
from vmatte.models.registry import Runtime, signatures
from vmatte.models.u2net import CARDS
from vmatte.models.u2net.matter import build
from vmatte.models.u2net.network.weights import load_network, network_from
from vmatte.models.u2net.settings import Gain, U2NetSettings

PUBLISHED = Procedure.published


def model(weights, **given):
    return build(U2NetSettings(name="u2net.small", weights=weights, size="native", **given), Runtime("cpu"))


@pytest.mark.parametrize("case", ["even", "odd"])
def test_mattes_are_as_published_one_by_one_and_together(small, case):
    held = vectors("u2netp")
    frames = framed(*held[f"{case}__frames"])
    for batch in range(1, 1 + len(frames)):
        found = alphas(model(small, procedure=PUBLISHED, batch=batch), frames)
        assert np.abs(found - held[f"{case}__alpha"][:, 0]).max() <= 1e-5


def test_for_video_nothing_depends_on_extremes(small):
    # A spark in one corner, and the same shot a little darker: neither may move the matte far away from it.
    (plain,) = discs(1)
    spark = plain.rgb.copy()
    spark[:2, :2] = 255
    video = [alphas(model(small), framed(picture))[0] for picture in (plain.rgb, spark)]
    published = [alphas(model(small, procedure=PUBLISHED), framed(picture))[0] for picture in (plain.rgb, spark)]
    far = (slice(32, None), slice(32, None))
    assert np.abs(video[0] - video[1])[far].max() < np.abs(published[0] - published[1])[far].max() / 2
    assert (published[0].min(), published[0].max()) == (0, 1)
    assert 0 < video[0].min() < video[0].max() < 1


def test_each_part_of_the_procedure_can_be_had_alone(small):
    frames = discs(1)
    plain = alphas(model(small), frames)
    assert (
        np.abs(alphas(model(small, stretch=Stretch.frame), frames) - (plain - plain.min()) / np.ptp(plain)).max() < 1e-5
    )
    assert np.abs(alphas(model(small, gain=Gain.frame), frames) - plain).max() > 1e-3
    whole = alphas(model(small, procedure=PUBLISHED, gain=Gain.none, stretch=Stretch.none), frames)
    assert np.abs(whole - plain).max() <= 1e-6


def test_a_clip_is_stretched_by_its_own_extremes(small):
    frames = discs(3)
    plain = alphas(model(small), frames)
    matter = model(small, stretch=Stretch.clip)
    found = np.stack([matte.alpha for matte in matter.mattes(CLIP, Hints(), iter(frames))])
    assert np.abs(found - (plain - plain.min()) / np.ptp(plain)).max() <= 1e-5


def test_black_and_flat_frames_do_no_harm(small):
    black = framed(np.zeros((40, 50, 3), np.uint8), np.zeros((1, 1, 3), np.uint8))
    for frame in black:
        found = alphas(model(small, procedure=PUBLISHED), [frame])
        assert np.isfinite(found).all()
        assert found.shape == (1, *frame.rgb.shape[:2])


def test_the_working_size_is_320_unless_asked(small):
    made = build(U2NetSettings(name="u2net.small", weights=small), Runtime("cpu"))
    assert isinstance(made, ImageModel)
    assert made.recipe.sizing(720, 1280).inner == (320, 320)
    made = build(U2NetSettings(name="u2net.small", weights=small, size="101x33"), Runtime("cpu"))
    assert isinstance(made, ImageModel)
    assert made.recipe.sizing(9, 9).inner == (33, 101)


def test_more_classes_are_taken_for_kinds_of_subject(small):
    state = load_file(small)
    for number in range(1, 7):
        state |= {
            f"side{number}.{role}": state[f"side{number}.{role}"].repeat_interleave(4, 0) for role in ("weight", "bias")
        }
    state |= {"outconv.weight": torch.randn(4, 24, 1, 1), "outconv.bias": torch.zeros(4)}
    network = network_from(state, "clothes", "small")
    assert network(torch.rand(1, 3, 40, 56)).shape == (1, 4, 40, 56)


def test_wrong_weights_are_named(small, tmp_path):
    with pytest.raises(WeightsError, match=r"small network, not the full one: take --model u2net\.small"):
        load_network(small, "full", signatures())
    with pytest.raises(WeightsError, match="pencil drawings"):
        load_network(Path(shutil.copy(small, tmp_path / "u2net_portrait.pth")), "full")
    lacking = {key: value for key, value in load_file(small).items() if key != "side3.bias"}
    with pytest.raises(WeightsError, match=r"side3\.bias.*nearest known one \(u2net\)"):
        network_from(lacking, "odd.pth", "small", signatures())


def test_every_card_has_its_own_file():
    assert [card.name for card in CARDS] == ["u2net", "u2net.small", "u2net.human-seg"]
    assert len({card.weights.file for card in CARDS if card.weights}) == len(CARDS)
    assert not any(card.steady or card.needs for card in CARDS)
