"""BiRefNet as a model: batches, sizes, tiles, and memory that runs out."""

import logging

import numpy as np
import pytest
import torch

from tests import drawn
from tests.parity.seeded import vectors
from vmatte.core.errors import ModelError, WeightsError
from vmatte.core.types import Frame, Hints
from vmatte.models.birefnet import BiRefNetSettings
from vmatte.models.birefnet.matter import build
from vmatte.models.birefnet.variants import PatchOrder
from vmatte.models.image import matter
from vmatte.models.image.matter import ImageModel
from vmatte.models.registry import Runtime
from vmatte.models.registry import build as build_model
from vmatte.models.registry import card as card_of


def frames(count: int, size: tuple[int, int] = (128, 96)) -> list[Frame]:
    """Of a (width, height)."""
    pictures = [drawn.picture(index, size) for index in range(count)]
    return [Frame(index, index, picture, picture) for index, picture in enumerate(pictures)]


def model(weights, **given) -> ImageModel:
    built = build_model(BiRefNetSettings(name="birefnet.lite", weights=weights, **given), Runtime("cpu"))
    assert isinstance(built, ImageModel)
    return built


def alphas(made: ImageModel, given: list[Frame]) -> np.ndarray:
    return np.stack([matte.alpha for matte in made.infer(given, Hints())])


@pytest.mark.parametrize(
    ("order", "key"), [("auto", "logits_wg_hg_c"), ("c_hg_wg", "logits"), ("wg_hg_c", "logits_wg_hg_c")]
)
def test_a_frame_of_the_networks_size_is_as_published(weights, order, key):
    held = vectors("birefnet_lite")
    frame = Frame(0, 0, held["frame"], held["frame"])
    made = model(weights, size="native", patch_order=PatchOrder(order))
    wanted = 1 / (1 + np.exp(-held[key][0, 0].astype(np.float64)))
    assert np.abs(alphas(made, [frame])[0] - wanted).max() <= 1e-5


def test_two_at_once_are_as_one_by_one(weights):
    given = frames(3)
    both = alphas(model(weights, size="128x96", batch=2), given)
    single = alphas(model(weights, size="128x96"), given)
    assert both.shape == (3, 96, 128)
    assert np.abs(both - single).max() <= 1e-5


def test_the_matte_has_the_frames_size(weights):
    given = frames(1, (150, 101))
    for size in ("native", "64", "128x96"):
        found = alphas(model(weights, size=size), given)
        assert found.shape == (1, 101, 150)
        assert found.dtype == np.float32
        assert 0 <= found.min() < found.max() <= 1


def test_tiles_are_near_the_whole(weights):
    given = frames(1, (288, 192))
    whole = alphas(model(weights, size="native", tile=-1), given)[0]
    tiled = alphas(model(weights, size="native", tile=192), given)[0]
    # Seeded weights spread over the whole picture by its mean; what is local agrees.
    assert np.abs(whole - tiled).mean() <= 0.02
    assert np.corrcoef(whole.ravel(), tiled.ravel())[0, 1] >= 0.95
    assert np.array_equal(whole, alphas(model(weights, size="native", tile=288), given)[0])


def test_lower_precision_stays_near(weights):
    given = frames(1)
    settings = BiRefNetSettings(name="birefnet.lite", weights=weights, size="native")
    low = alphas(build(settings, Runtime("cpu", "bf16")), given)
    assert 0 < np.abs(low - alphas(model(weights, size="native"), given)).max() <= 0.01


class TestShortMemory:
    @pytest.fixture
    def limit(self, monkeypatch):
        """Memory for that many pixels at once; what was computed."""
        seen: list[torch.Size] = []
        plain = ImageModel._alpha
        room = {"pixels": 0}

        def tight(self, pictures):
            if pictures.shape[0] * pictures.shape[2] * pictures.shape[3] > room["pixels"]:
                raise torch.OutOfMemoryError("CUDA out of memory")
            seen.append(pictures.shape)
            return plain(self, pictures)

        monkeypatch.setattr(ImageModel, "_alpha", tight)
        return room, seen

    def test_the_batch_is_halved_first(self, weights, limit, caplog):
        room, seen = limit
        room["pixels"] = 96 * 128
        made = model(weights, size="128x96", batch=4)
        assert len(alphas(made, frames(4))) == 4
        assert [size[0] for size in seen] == [1, 1, 1, 1]
        assert made.size == 1
        assert "out of memory at frame 0: going on with 2 frames at once" in caplog.text

    def test_then_come_tiles(self, weights, limit, caplog):
        room, seen = limit
        room["pixels"] = 256 * 256
        assert alphas(model(weights, size="native"), frames(1, (352, 256))).shape == (1, 256, 352)
        assert {tuple(size[2:]) for size in seen} == {(256, 256)}
        assert "in tiles of 256 px" in caplog.text

    def test_in_the_end_it_is_said_with_the_setting(self, weights, limit):
        with pytest.raises(ModelError, match=r"out of memory at frame 0, working at 352x256.*model\.size"):
            model(weights, size="native").infer(frames(1, (352, 256)), Hints())

    def test_tiles_may_be_forbidden(self, weights, limit):
        with pytest.raises(ModelError, match="out of memory"):
            model(weights, size="native", tile=-1).infer(frames(1, (352, 256)), Hints())

    def test_what_will_not_fit_is_not_tried(self, weights, monkeypatch, caplog):
        monkeypatch.setattr(matter, "free_memory", lambda device: 2**28)
        made = model(weights, size="native")
        assert alphas(made, frames(1, (320, 256))).shape == (1, 256, 320)
        assert "working in tiles of" in caplog.text


def test_other_errors_are_not_taken_for_short_memory(weights, monkeypatch):
    monkeypatch.setattr(ImageModel, "_alpha", lambda self, pictures: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model(weights, size="native").infer(frames(1), Hints())


def test_the_order_in_use_is_said(weights, caplog):
    with caplog.at_level(logging.INFO, logger="vmatte"):
        model(weights)
    assert "birefnet.lite: patch order wg_hg_c" in caplog.text


def test_without_weights_it_says_how_to_get_them():
    with pytest.raises(WeightsError, match="vmatte weights fetch birefnet"):
        build(BiRefNetSettings(), Runtime("cpu"))


def test_the_cards_factory_is_this(weights):
    assert card_of("toonout").factory == "vmatte.models.birefnet.matter:build"
