"""BackgroundMattingV2 as a model: sizes, batches, depths, and memory that runs out."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.parity.seeded import vectors
from tests.plate_scene import scene
from vmatte.core.errors import ConfigError, HintError, ModelError, WeightsError
from vmatte.core.types import Clip, Colour, Frame, Hints
from vmatte.hints.arrays import Maps
from vmatte.hints.read import Plate
from vmatte.models.bgmv2 import CARDS, BGMv2Settings, RefineMode
from vmatte.models.bgmv2.matter import BackgroundMattingModel
from vmatte.models.bgmv2.network.weights import network_from
from vmatte.models.plate import Align
from vmatte.models.registry import Runtime


def model(weights, **given) -> BackgroundMattingModel:
    few = {"align": Align.none, "refine_sample_pixels": 1600}
    return BackgroundMattingModel(BGMv2Settings(weights=weights, **{**few, **given}), Runtime("cpu"))


def shot(count: int = 3, size: tuple[int, int] = (132, 172)) -> tuple[list[Frame], Hints]:
    """Different frames of (height, width), and their plates."""
    held = vectors("bgmv2_mobilenetv2")
    turned = [np.ascontiguousarray(held["src"][:, :: (-1) ** i][: size[0], : size[1]]) for i in range(count)]
    plates = {i: np.ascontiguousarray(held["bgr"][:, :: (-1) ** i][: size[0], : size[1]]) for i in range(count)}
    return [Frame(i, i, rgb, rgb) for i, rgb in enumerate(turned)], Hints({"plate": Maps(plates)})


def grown(picture: np.ndarray | None) -> np.ndarray:
    """The last row and column repeated up to multiples of 4."""
    assert picture is not None
    below, beside = (-side % 4 for side in picture.shape[:2])
    return np.asarray(np.pad(picture, ((0, below), (0, beside), (0, 0)), mode="edge"), np.uint8)


def matted(made: BackgroundMattingModel, frames: list[Frame], hints: Hints, colour: Colour | None = None):
    height, width = frames[0].sdr.shape[:2]
    clip = Clip(Path("drawn.mp4"), width, height, Fraction(25), Fraction(1, 25), colour=colour or Colour())
    return list(made.mattes(clip, hints, iter(frames)))


@pytest.mark.parametrize("mode", list(RefineMode))
def test_three_at_once_are_as_one_by_one(weights, mode):
    frames, hints = shot(4)
    settings = {"refine_mode": mode, "refine_sample_pixels": 2688}
    together = matted(model(weights, batch=3, **settings), frames, hints)
    single = matted(model(weights, **settings), frames, hints)
    assert [matte.frame.index for matte in together] == [0, 1, 2, 3]
    for one, other in zip(together, single, strict=True):
        assert np.abs(one.alpha - other.alpha).max() <= 2e-6
        assert np.abs(one.layers[0].colour - other.layers[0].colour).max() <= 2e-6
    assert np.abs(single[0].alpha - single[1].alpha).max() > 0.01


@pytest.mark.parametrize("size", [(131, 171), (5, 7), (1, 1)])
def test_any_size_is_padded_and_cropped(weights, size):
    frames, hints = shot(1, size)
    (matte,) = matted(model(weights, refine_mode=RefineMode.full, backbone_scale=0.25), frames, hints)
    assert matte.alpha.shape == size
    assert matte.layers[0].colour.shape == (*size, 3)
    # As if the last row and column had been there more often.
    larger, plate = (grown(picture) for picture in (frames[0].sdr, hints.maps["plate"].at(0)))
    (whole,) = matted(
        model(weights, refine_mode=RefineMode.full, backbone_scale=0.25),
        [Frame(0, 0, larger, larger)],
        Hints({"plate": Plate(plate)}),
    )
    assert np.abs(whole.alpha[: size[0], : size[1]] - matte.alpha).max() <= 2e-6


def test_deep_pictures_keep_their_depth_in_the_colours(weights):
    frames, hints = shot(1)
    deep = frames[0].rgb.astype(np.uint16) * 257 + 100
    (matte,) = matted(model(weights), [Frame(0, 0, deep, frames[0].sdr)], hints)
    (plain,) = matted(model(weights), frames, hints)
    inside = (plain.layers[0].colour > 0.1) & (plain.layers[0].colour < 0.9)
    gain = (matte.layers[0].colour - plain.layers[0].colour)[inside].mean() * 65535
    assert 50 < gain < 200
    assert (
        matted(model(weights), [Frame(0, 0, deep, frames[0].sdr)], hints, Colour(transfer=16))[0].layers[0].colour
        is None
    )


def test_memory_that_runs_out_halves_the_batch(weights, monkeypatch, caplog):
    frames, hints = shot(3)
    plain = BackgroundMattingModel._asked

    def tight(self, seen, plates, sizing):
        if len(seen) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(self, seen, plates, sizing)

    monkeypatch.setattr(BackgroundMattingModel, "_asked", tight)
    assert len(matted(model(weights, batch=3), frames, hints)) == 3
    assert "going on with 1 frames" in caplog.text

    def full(self, seen, plates, sizing):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(BackgroundMattingModel, "_asked", full)
    with pytest.raises(ModelError, match=r"out of memory at frame 0 of 172x132.*model\.backbone_scale"):
        matted(model(weights), frames, hints)


def test_lower_precision_stays_near(weights):
    frames, hints = shot(1)
    settings = BGMv2Settings(weights=weights, align=Align.none, refine_mode=RefineMode.full)
    (low,) = matted(BackgroundMattingModel(settings, Runtime("cpu", "bf16")), frames, hints)
    (high,) = matted(BackgroundMattingModel(settings, Runtime("cpu")), frames, hints)
    assert 0 < np.abs(low.alpha - high.alpha).max() <= 0.05
    assert low.alpha.dtype == np.float32


def test_a_moved_plate_is_laid_under_the_frames(weights):
    clip = scene(height=120, width=200, count=2, plate_gain=1.0, drift=0.0, noise=0.0, shadow=1.0)
    moved = np.roll(clip.plate, 4, axis=1)
    frames = [Frame(i, i, rgb, rgb) for i, rgb in enumerate(clip.frames)]
    wanted = matted(model(weights), frames, Hints({"plate": Plate(clip.plate)}))
    for align, limit in ((Align.none, 2.0), (Align.auto, 0.5), (Align.homography, 0.5), (Align.flow, 0.7)):
        found = matted(model(weights, align=align), frames, Hints({"plate": Plate(moved)}))
        off = [np.abs(one.alpha - other.alpha)[:, 12:-12].mean() for one, other in zip(found, wanted, strict=True)]
        if align is Align.none:
            usual = np.mean(off)
        assert np.mean(off) <= limit * usual


def test_without_a_plate_or_weights_it_says_so(weights):
    frames, _ = shot(1)
    with pytest.raises(HintError, match="no plate for frame 0"):
        matted(model(weights), frames, Hints())
    with pytest.raises(HintError, match="plate is 5x4, the clip 172x132"):
        matted(model(weights), frames, Hints({"plate": Plate(np.zeros((4, 5, 3), np.uint8))}))
    with pytest.raises(WeightsError, match="vmatte weights fetch"):
        BackgroundMattingModel(BGMv2Settings(), Runtime("cpu"))


def test_other_weights_are_refused(state):
    with pytest.raises(WeightsError, match="mobilenetv2 trunk, not the resnet101 one"):
        network_from(state, "some.pth", "resnet101")
    lacking = {key: value for key, value in state.items() if key != "decoder.conv4.bias"}
    with pytest.raises(WeightsError, match=r"1 key missing \(decoder\.conv4\.bias\)"):
        network_from(lacking, "some.pth", "mobilenetv2")


def test_cards():
    assert [card.name for card in CARDS] == ["bgmv2.mobilenetv2", "bgmv2.resnet50", "bgmv2.resnet101"]
    for card in CARDS:
        assert card.weights is not None
        assert card.weights.url.endswith(f"/pytorch_{card.name.partition('.')[2]}.pth")
        assert card.weights.free
    with pytest.raises(ConfigError, match="refine_threshold"):
        BGMv2Settings(refine_threshold=1.5)
